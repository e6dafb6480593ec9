"""
The logs of a `MemoryWorld`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from wfx.codec import dumps
from wfx.entities import without_data
from wfx.errors import WfxError
from wfx.events import Event, NewEvent, to_wire
from wfx.memory.contents import Contents, some
from wfx.world import Append, EventResult, Events, Head, Hold, Order


class MemoryEvents(Events):
    """The logs."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def create_batch(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> list[EventResult]:
        """Append all of them or none."""
        return self._contents.append(run_id, events, after=after, fence=fence)

    def create_group(self, appends: Sequence[Append]) -> list[list[EventResult] | WfxError]:
        """Append several batches, each of them whole or not at all."""
        with self._contents.lock:
            return [self._answer(append) for append in appends]

    def _answer(self, append: Append) -> list[EventResult] | WfxError:
        try:
            return self.create_batch(append.run_id, append.events, append.after, append.fence)
        except WfxError as refusal:
            return refusal

    def stream(self, run_id: str, from_position: int = 0) -> Iterator[Event]:
        """All events of a run from a position on."""
        with self._contents.lock:
            events = self._contents.log(run_id).events
            end = len(events)
        # A log only grows, so reading it needs no lock.
        for position in range(max(from_position, 0), end):
            yield events[position]

    def lines(self, run_id: str) -> Iterator[str]:
        """The log as text, event by event."""
        return (dumps(to_wire(event)) for event in self.stream(run_id))

    def list_by_correlation_id(self, run_id: str, correlation_id: str) -> list[Event]:
        """All events about one step, hook or wait."""
        with self._contents.lock:
            return list(self._contents.log(run_id).about.get(correlation_id, ()))

    def heads(self, run_ids: Collection[str]) -> dict[str, Head]:
        """Where the logs of these runs end."""
        with self._contents.lock:
            return {
                run_id: replace(log.head, run=without_data(log.head.run))
                for run_id, log in some(self._contents.logs, run_ids).items()
            }

    def list(
        self,
        run_id: str,
        from_position: int = 0,
        limit: int | None = None,
        order: Order = "asc",
    ) -> list[Event]:
        """Events of a run from a position on, or downward from it."""
        with self._contents.lock:
            events = self._contents.log(run_id).events
            if order == "asc":
                start = max(from_position, 0)
                return events[start : None if limit is None else start + limit]
            start = len(events) - 1 if from_position < 0 else min(from_position, len(events) - 1)
            stop = -1 if limit is None else max(start - limit, -1)
            return [events[position] for position in range(start, stop, -1)]
