"""
A complete world in memory: for tests, for simulations and for trying things out.

Nothing is copied on the way in or out: events and entities are frozen, and the JSON inside
belongs to the world once it was handed in.
"""

from __future__ import annotations

from wfx.clock import Clock, SystemClock
from wfx.memory.archive import MemoryArchive
from wfx.memory.contents import Contents
from wfx.memory.entities import MemoryHooks, MemoryRuns, MemorySteps, MemoryWaits
from wfx.memory.events import MemoryEvents
from wfx.memory.queue import MemoryQueue
from wfx.memory.retention import MemoryRetention
from wfx.memory.streams import MemoryStreams
from wfx.memory.watch import MemoryWatch
from wfx.world import World


class MemoryWorld(World):
    """
    A world that lives as long as its process.

    Args:
        clock: What leases, due waits and the times of events are judged by.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        contents = Contents(clock or SystemClock())
        self._contents = contents
        self.url = "memory:"
        self.events = MemoryEvents(contents)
        self.runs = MemoryRuns(contents)
        self.steps = MemorySteps(contents)
        self.hooks = MemoryHooks(contents)
        self.waits = MemoryWaits(contents)
        self.queue = MemoryQueue(contents)
        self.streams = MemoryStreams(contents)
        self.archive = MemoryArchive(contents)
        self.retention = MemoryRetention(contents)

    def watch(self) -> MemoryWatch:
        """A new watch, for one thread."""
        return MemoryWatch(self._contents)

    def check_writable(self) -> None:
        """It can always be written."""

    def close(self) -> None:
        """Nothing to close; what it holds goes with the object."""
