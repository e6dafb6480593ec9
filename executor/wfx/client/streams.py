"""Reading a run's output stream, also while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wfx.world import StreamChunk, World

_WAIT_SECONDS: Final = 0.5
"""Chunks wake nobody: a follower looks this often."""


def read_stream(world: World, run_id: str, name: str, *, follow: bool) -> Iterator[StreamChunk]:
    """
    The chunks of a stream, in order.

    Args:
        follow: Wait for more until the stream is closed or the run ends.

    Raises:
        NotFound: There is no such run.
    """
    index = 0
    watch = world.watch() if follow else None
    try:
        while True:
            # Asked first: what was written before the run ended is then read below.
            over = not follow or world.runs.get(run_id, "none").ended
            chunks, closed = world.streams.read(run_id, name, index)
            yield from chunks
            index += len(chunks)
            if chunks:
                continue
            if over or closed:
                return
            if watch is not None:
                watch.wait(_WAIT_SECONDS)
    finally:
        if watch is not None:
            watch.close()
