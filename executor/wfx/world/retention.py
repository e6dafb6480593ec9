"""Retention: which runs that are over a world keeps, and how the others are deleted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Kept(StrEnum):
    """Why a run is not deleted."""

    OPEN = "open"
    """It has not ended."""
    RECENT = "recent"
    """It ended, but not before the moment given."""
    RUNNING_STEP = "running-step"
    """A step of it still runs; its outcome will be a fact of the log (PROTOCOL 16)."""
    ORIGINALS = "originals"
    """It was migrated, and the originals of its source are kept beside it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is of a run: rows, and about how many bytes their texts and data have."""

    events: int = 0
    steps: int = 0
    hooks: int = 0
    waits: int = 0
    chunks: int = 0
    """Of its streams."""
    records: int = 0
    """Kept beside it by a migration."""
    bytes: int = 0

    def __add__(self, other: Extent) -> Extent:
        return Extent(
            self.events + other.events,
            self.steps + other.steps,
            self.hooks + other.hooks,
            self.waits + other.waits,
            self.chunks + other.chunks,
            self.records + other.records,
            self.bytes + other.bytes,
        )


class Retention(Protocol):
    """
    Deleting runs, each with all that belongs to it.

    What decides is `wfx.retention.why_kept`. A deleted run is gone at once, as if it had never
    been: `NotFound`. Its id and its tokens may be used again.
    """

    def extents(self, run_ids: Collection[str]) -> dict[str, Extent]:
        """How much there is of these runs; unknown ones are left out."""
        ...

    def judge(
        self, run_ids: Collection[str], *, ended_before: datetime, originals: bool = False
    ) -> dict[str, Kept | None]:
        """What `delete` would answer now."""
        ...

    def delete(
        self, run_ids: Collection[str], *, ended_before: datetime, originals: bool = False
    ) -> dict[str, Kept | None]:
        """
        Delete those of the runs that may be, in one transaction.

        Of a large run it may only take away what makes it a run: then it is gone, and what
        is left of it is for `clear`.

        Args:
            ended_before: Only runs that ended before this moment.
            originals: Also migrated runs, with the originals that are kept beside them.

        Returns:
            Why each is kept, or None for what is deleted; runs that are not there are left out.
        """
        ...

    def clear(self) -> bool:
        """
        Take away a piece of what deleted runs have left, in one short transaction.

        Returns:
            Whether there was something; call it until there is not.
        """
        ...
