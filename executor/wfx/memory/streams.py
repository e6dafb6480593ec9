"""
The streams of a `MemoryWorld`: ordered output of runs.
"""

from __future__ import annotations

from wfx.errors import EntityGone
from wfx.memory.contents import Contents, Stream
from wfx.world import PAGE_DEFAULT, StreamChunk, StreamInfo


class MemoryStreams:
    """Ordered output of runs."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def write(
        self,
        run_id: str,
        stream: str,
        data: bytes,
        *,
        step_id: str | None = None,
        attempt: int | None = None,
    ) -> int:
        """Append a chunk; its index."""
        with self._contents.lock:
            kept = self._contents.log(run_id).streams.setdefault(stream, Stream())
            if kept.closed:
                raise EntityGone(what="stream", id=stream, run_id=run_id, entity_status="closed")
            index = len(kept.chunks)
            kept.chunks.append(
                StreamChunk(
                    run_id, stream, index, bytes(data), step_id, attempt, self._contents.now()
                )
            )
            return index

    def close(self, run_id: str, stream: str) -> None:
        """No more chunks."""
        with self._contents.lock:
            self._contents.log(run_id).streams.setdefault(stream, Stream()).closed = True

    def read(
        self, run_id: str, stream: str, from_index: int = 0, limit: int = PAGE_DEFAULT
    ) -> tuple[list[StreamChunk], bool]:
        """Chunks from an index on, and whether the stream is closed after them."""
        with self._contents.lock:
            kept = self._contents.log(run_id).streams.get(stream)
            if kept is None:
                return [], False
            start = max(from_index, 0)
            chunks = kept.chunks[start : start + limit]
            return chunks, kept.closed and start + len(chunks) >= len(kept.chunks)

    def list(self, run_id: str) -> list[StreamInfo]:
        """The streams of a run by name."""
        with self._contents.lock:
            return [
                StreamInfo(name, len(kept.chunks), kept.closed)
                for name, kept in sorted(self._contents.log(run_id).streams.items())
            ]
