"""Ordered output of runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wfx.world.paging import PAGE_DEFAULT


@dataclass(frozen=True, slots=True)
class StreamChunk:
    """One chunk of a run's output stream."""

    run_id: str
    stream: str
    index: int
    data: bytes
    step_id: str | None = None
    attempt: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream of a run."""

    stream: str
    chunks: int
    closed: bool


class Streams(Protocol):
    """Ordered output of runs, readable while it is written."""

    def write(
        self,
        run_id: str,
        stream: str,
        data: bytes,
        *,
        step_id: str | None = None,
        attempt: int | None = None,
    ) -> int:
        """Append a chunk; its index. Raises NotFound for an unknown run, EntityGone when closed."""
        ...

    def close(self, run_id: str, stream: str) -> None:
        """No more chunks. Doing it twice does nothing. Raises NotFound for an unknown run."""
        ...

    def read(
        self, run_id: str, stream: str, from_index: int = 0, limit: int = PAGE_DEFAULT
    ) -> tuple[list[StreamChunk], bool]:
        """
        Chunks from an index on, and whether the stream is closed after them.

        A stream that nobody wrote to is empty and open. Raises NotFound for an unknown run.
        """
        ...

    def list(self, run_id: str) -> list[StreamInfo]:
        """The streams of a run by name. Raises NotFound for an unknown run."""
        ...
