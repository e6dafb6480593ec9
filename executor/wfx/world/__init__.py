"""
What a world is: where logs live, and the work that is ready.

`MemoryWorld` and `SqlWorld` implement these protocols; `wfx.testing.world_conformance`
proves it for any implementation. All writes are `events.create`, `create_batch`,
`create_group` and what `queue.due` appends; entities and tasks change in the same
transaction and nowhere else. What an append does is decided by `wfx.admission`, so worlds
only load and write. Whole runs come in by `archive.write` and go by `retention.delete`. What
follows from other methods has its body here: a world inherits it.

Worlds are synchronous and safe to call from several threads.
"""

from __future__ import annotations

from typing import Protocol

from wfx.closing import Closing
from wfx.world.archive import Archive, ArchiveStore, Brought, Incoming, Quarantined, SourceRecord
from wfx.world.entities import Hooks, RunQuery, Runs, Steps, Waits
from wfx.world.logs import Append, EventResult, Events, Head
from wfx.world.paging import PAGE_DEFAULT, Order, Page, ResolveData, all_items, cursor_parts
from wfx.world.queue import LEASE_DEFAULT, Queue, Watch
from wfx.world.retention import Extent, Kept, Retention
from wfx.world.streams import StreamChunk, StreamInfo, Streams
from wfx.world.tasks import CODE_REASONS, Hold, ParkReason, Task, TaskKind

__all__ = [
    "CODE_REASONS",
    "LEASE_DEFAULT",
    "PAGE_DEFAULT",
    "Append",
    "Archive",
    "ArchiveStore",
    "Brought",
    "EventResult",
    "Events",
    "Extent",
    "Head",
    "Hold",
    "Hooks",
    "Incoming",
    "Kept",
    "Order",
    "Page",
    "ParkReason",
    "Quarantined",
    "Queue",
    "ResolveData",
    "Retention",
    "RunQuery",
    "Runs",
    "SourceRecord",
    "Steps",
    "StreamChunk",
    "StreamInfo",
    "Streams",
    "Task",
    "TaskKind",
    "Waits",
    "Watch",
    "World",
    "all_items",
    "cursor_parts",
]


class World(Closing, Protocol):
    """A place where logs live."""

    url: str
    """For people: without a password."""
    events: Events
    runs: Runs
    steps: Steps
    hooks: Hooks
    waits: Waits
    queue: Queue
    streams: Streams
    archive: ArchiveStore
    retention: Retention

    def watch(self) -> Watch:
        """A new watch, for one thread."""
        ...

    def check_writable(self) -> None:
        """
        Check that the world can be written now.

        Raises:
            WorldUnavailable: It cannot, as on a standby or a read-only disk.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
