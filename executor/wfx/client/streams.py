"""Reading a run's output stream, also while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wfx.world import StreamChunk, World

WAIT_SECONDS: Final = 0.5
"""Chunks wake nobody: a follower looks this often."""


class Reading:
    """
    One reader of a stream, page by page.

    Args:
        follow: Wait for more until the stream is closed or the run ends.
    """

    def __init__(self, world: World, run_id: str, name: str, *, follow: bool) -> None:
        self._world = world
        self._run_id = run_id
        self._name = name
        self._follow = follow
        self._index = 0
        self.over = False
        """Nothing more comes."""
        self.waits = False
        """There was nothing new: look again a little later."""

    def next(self) -> list[StreamChunk]:
        """
        The chunks after those given before.

        Raises:
            NotFound: There is no such run.
        """
        # Asked first: what was written before the run ended is then read below.
        ended = not self._follow or self._world.runs.get(self._run_id, "none").ended
        chunks, closed = self._world.streams.read(self._run_id, self._name, self._index)
        self._index += len(chunks)
        self.over = not chunks and (ended or closed)
        self.waits = not chunks and not self.over
        return chunks


def read_stream(world: World, run_id: str, name: str, *, follow: bool) -> Iterator[StreamChunk]:
    """The chunks of a stream, in order; see `Reading`."""
    reading = Reading(world, run_id, name, follow=follow)
    watch = world.watch() if follow else None
    try:
        while not reading.over:
            yield from reading.next()
            if reading.waits and watch is not None:
                watch.wait(WAIT_SECONDS)
    finally:
        if watch is not None:
            watch.close()
