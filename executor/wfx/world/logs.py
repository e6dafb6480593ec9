"""The logs: what is appended, and how it is read back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from wfx.frozen import quick
from wfx.world.paging import Order
from wfx.world.tasks import Hold

if TYPE_CHECKING:
    from wfx.entities import Entity, Run
    from wfx.errors import WfxError
    from wfx.events import Event, NewEvent


@quick
@dataclass(frozen=True, slots=True)
class Head:
    """Where a run's log ends."""

    run: Run
    next_position: int
    last_command: int = -1
    """Position of the last command or effect."""
    last_delivered: int = -1
    """Position of the last event that is delivered to workflow code."""


@quick
@dataclass(frozen=True, slots=True)
class Append:
    """One batch of events for one run: what `events.create_batch` is given."""

    run_id: str | None
    events: Sequence[NewEvent]
    after: int | None = None
    fence: Collection[Hold] = ()


@quick
@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one appended event."""

    event: Event | None
    """As it stands in the log; None when the world dropped it."""
    entity: Entity | None = None
    """What it made or moved."""
    stored: bool = field(default=False, compare=False)
    """The batch was in the log before: this is what is stored, and says nothing about claims."""


class Events(Protocol):
    """The logs."""

    def create(
        self,
        run_id: str | None,
        event: NewEvent,
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> EventResult:
        """
        Append one event: `create_batch` of one.

        With `run_id` None and a RunCreated, the world makes the run's id.
        """
        return self.create_batch(run_id, [event], after, fence)[0]

    def create_batch(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> list[EventResult]:
        """
        Append all of them or none, in one transaction.

        A batch whose event ids are all in the log already returns what is stored; that is
        true of a run_created without a run id too.

        Args:
            after: The last position the writer has seen; what refuses what is in
                PROTOCOL 1 and `wfx.admission`.
            fence: The claims the writer holds.

        Raises:
            NotFound: There is no such run, step, hook or wait.
            AlreadyExists: The run or entity is there already, made by another event.
            PositionConflict: Something was appended past `after` that matters.
            LeaseLost: An event needs a claim that the writer does not hold.
            RunGone: The run ended.
            EntityGone: The target of a fact ended.
            IllegalEvent: The transition table does not let an event follow; a writer's bug.
            WorldUnavailable: The database cannot be reached or cannot write.
        """
        ...

    def create_group(self, appends: Sequence[Append]) -> list[list[EventResult] | WfxError]:
        """
        Append several batches in one transaction, each of them whole or not at all.

        What becomes of each is what `create_batch` would make of it: batches of one run, or
        that want one token, take effect in the order given. A refused one changes nothing
        and takes no other down; its error is the answer in its place.

        Raises:
            WorldUnavailable: As `create_batch`; what became of each is not known.
        """
        ...

    def stream(self, run_id: str, from_position: int = 0) -> Iterator[Event]:
        """
        All events of a run from a position on, in order, in bounded memory.

        Raises:
            NotFound: There is no such run (when the first event is asked for).
        """
        ...

    def lines(self, run_id: str) -> Iterator[str]:
        """
        The log as text, event by event, in bounded memory: the lines of a recording.

        Made of what the world keeps, without a look into it, for those who compare or hash.

        Raises:
            NotFound: There is no such run (when the first line is asked for).
        """
        ...

    def list_by_correlation_id(self, run_id: str, correlation_id: str) -> list[Event]:
        """All events about one step, hook or wait of this run, in order."""
        ...

    def heads(self, run_ids: Collection[str]) -> dict[str, Head]:
        """Where the logs of these runs end; unknown runs are left out, payloads too."""
        ...

    def list(
        self,
        run_id: str,
        from_position: int = 0,
        limit: int | None = None,
        order: Order = "asc",
    ) -> list[Event]:
        """
        Events of a run from a position on (downward from it with "desc"; -1: the end).

        Raises:
            NotFound: There is no such run.
        """
        ...
