"""The events of a run in the order in which v1 itself reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from wfx_migrate.v1.conversion import Conversion, plain
from wfx_migrate.v1.drafts import Stored
from wfx_migrate.v1.model import Row, SourceKind
from wfx_migrate.v1.notes import Fate, NoteKind
from wfx_migrate.v1.room import Groups, Shelf, Sorted

TYPES: Final = (
    ("step", frozenset({"step_started", "step_completed", "step_failed", "step_retrying"})),
    ("hook", frozenset({"hook_created", "hook_received", "hook_disposed"})),
    ("wait", frozenset({"wait_created", "wait_completed"})),
    ("run", frozenset({"workflow_started", "workflow_completed", "workflow_failed"})),
    ("pause", frozenset({"run_paused", "run_resumed"})),
)
"""What an event is about, by its type; no other type is known."""

_ABOUT: Final = {type: name for name, types in TYPES for type in types}
_CLOCK_APART: Final = timedelta(minutes=10)


class StoredEvents:
    """The events in the order in which v1 reads them, by what they are about."""

    def __init__(self, run: Conversion) -> None:
        self.steps: Groups[Stored] = run.room.groups()
        self.hooks: Groups[Stored] = run.room.groups()
        self.waits: Groups[Stored] = run.room.groups()
        self.marks: Shelf[Stored] = run.room.shelf()
        """What was written of the run itself."""
        self.pauses: Shelf[Stored] = run.room.shelf()
        self.starts: MutableMapping[str, datetime] = run.room.dict()
        """When each step started first, where rows and events have two clocks."""
        self.count = 0
        groups = {"step": self.steps, "hook": self.hooks, "wait": self.waits}
        shelves = {"run": self.marks, "pause": self.pauses}
        two_clocks = run.legacy.kind is SourceKind.POSTGRES
        for event in _in_order(run, _by_time(run)):
            self.count += 1
            about = _ABOUT[event.type]
            if (group := groups.get(about)) is None:
                shelves[about].append(event)
                continue
            group.add(event.about(), event)
            if two_clocks and event.type == "step_started":
                self.starts.setdefault(event.about(), event.at)

    def marks_of(self, name: str) -> list[Stored]:
        """What was written of the run itself, of one type."""
        return [event for event in self.marks if event.type == name]


def _by_time(run: Conversion) -> Iterable[Stored]:
    """Every event once, in the order in which v1 reads them but for ties."""
    by_id: Sorted[Stored] = run.room.sorted(_id)
    in_order = True
    before: Stored | None = None
    for row in run.legacy.events:
        event = _stored(row)
        # Ids are made in the order of time, and sources list them so: sorting twice is rare.
        in_order = in_order and (
            before is None or (before.id <= event.id and before.at <= event.at)
        )
        before = event
        by_id.add(event)
    events = _without_twins(run, by_id)
    # Its PostgreSQL readers sort by id alone, the others by time first (D-23).
    if in_order or run.legacy.kind is SourceKind.POSTGRES:
        return events
    by_time: Sorted[Stored] = run.room.sorted(_at)
    for event in events:
        by_time.add(event)
    return by_time


def _stored(row: Row) -> Stored:
    at = row.moment("createdAt")
    event = Stored(
        row=row,
        id=plain(row, "eventId"),
        type=row.text("eventType"),
        at=at,
        order=at,
        number=0,
        correlation_id=(
            None if row.fields.get("correlationId") is None else plain(row, "correlationId")
        ),
        data=row.data(),
    )
    if event.type not in _ABOUT:
        raise row.bad(f"the event type {event.type!r} is unknown")
    return event


def _id(event: Stored) -> str:
    return event.id


def _at(event: Stored) -> datetime:
    return event.at


def _without_twins(run: Conversion, events: Iterable[Stored]) -> Iterator[Stored]:
    first: Stored | None = None
    for event in events:
        if first is not None and first.id == event.id:
            _twin(run, first, event)
        else:
            first = event
            yield event


def _twin(run: Conversion, first: Stored, second: Stored) -> None:
    if dict(first.row.fields) != dict(second.row.fields):
        raise second.row.bad(f"{first.source} has the same eventId {first.id} and differs")
    run.fates[second.source] = Fate.ARCHIVED
    run.note(NoteKind.DUPLICATE, second.source, f"the same event as {first.source}")


def _in_order(run: Conversion, events: Iterable[Stored]) -> Iterator[Stored]:
    """The events with their places; within one instant, in an order that can be."""
    running: set[str] = set()
    latest: datetime | None = None
    number = 0
    for _, instant in groupby(events, key=_at):
        tied = list(instant)
        run.ties += len(tied) - 1
        while tied:
            event = tied.pop(_next(tied, running))
            if event.type == "step_started":
                running.add(event.about())
            elif event.type in _ENDS_ATTEMPT:
                running.discard(event.about())
            latest = event.at if latest is None else max(event.at, latest)
            event.order, event.number = latest, number
            yield event
            number += 1


_ENDS_ATTEMPT: Final = frozenset({"step_completed", "step_failed"})


def _next(tied: list[Stored], running: set[str]) -> int:
    """
    Which of the events of one instant comes next: the first that can.

    A step starts before it ends, and what ends it for good comes last of all that happened
    to it.
    """
    if len(tied) == 1:
        return 0
    open_for = {event.correlation_id for event in tied if not _ends_step(event)}
    for index, event in enumerate(tied):
        if event.type == "step_started":
            if event.correlation_id not in running:
                return index
        elif event.type not in _ENDS_ATTEMPT or (
            event.correlation_id in running
            and not (_ends_step(event) and event.correlation_id in open_for)
        ):
            return index
    return 0


def _ends_step(event: Stored) -> bool:
    return event.type == "step_completed" or (
        event.type == "step_failed" and event.data.get("fatal") is True
    )


def clock_shift(run: Conversion, starts: Mapping[str, datetime]) -> timedelta:
    """
    How far the clock of the rows is ahead of the clock of the events.

    Only in PostgreSQL are they two: the database's, in its session's time zone, and the
    program's. A start is in the log before it is in the row.
    """
    if run.legacy.kind is not SourceKind.POSTGRES:
        return timedelta(0)
    apart = (
        began - starts[step_id]
        for row in run.legacy.steps
        if (step_id := row.text("stepId")) in starts
        and (began := row.moment_or_none("startedAt")) is not None
    )
    shift = min(apart, default=timedelta(0))
    if timedelta(0) <= shift <= _CLOCK_APART:
        return timedelta(0)
    run.note(
        NoteKind.ORDER,
        run.row.source,
        f"the clocks of rows and events are {shift.total_seconds():+.3f} s apart; "
        "places in the log are by that of the events",
    )
    return shift
