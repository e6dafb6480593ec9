"""
A complete world in memory: for tests, for simulations and for trying things out.

Nothing is copied on the way in or out: events and entities are frozen, and the JSON inside
belongs to the world once it was handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from wfx.clock import Clock, SystemClock
from wfx.memory.archive import MemoryArchive
from wfx.memory.contents import Contents
from wfx.memory.entities import MemoryHooks, MemoryRuns, MemorySteps, MemoryWaits
from wfx.memory.events import MemoryEvents
from wfx.memory.queue import MemoryQueue
from wfx.memory.streams import MemoryStreams
from wfx.memory.watch import MemoryWatch

if TYPE_CHECKING:
    from types import TracebackType

    from wfx.world import ArchiveStore, Events, Hooks, Queue, Runs, Steps, Streams, Waits


class MemoryWorld:
    """
    A world that lives as long as its process.

    Args:
        clock: What leases, due waits and the times of events are judged by.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        contents = Contents(clock or SystemClock())
        self._contents = contents
        self.url = "memory:"
        self.events: Events = MemoryEvents(contents)
        self.runs: Runs = MemoryRuns(contents)
        self.steps: Steps = MemorySteps(contents)
        self.hooks: Hooks = MemoryHooks(contents)
        self.waits: Waits = MemoryWaits(contents)
        self.queue: Queue = MemoryQueue(contents)
        self.streams: Streams = MemoryStreams(contents)
        self.archive: ArchiveStore = MemoryArchive(contents)

    def watch(self) -> MemoryWatch:
        """A new watch, for one thread."""
        return MemoryWatch(self._contents)

    def close(self) -> None:
        """Nothing to close; what it holds goes with the object."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
