"""
From the rows and events of v1 to events of today: pure functions.

v1 has no run events and no `step_created`, mutates rows beside its log, and lets the two
contradict each other. What follows decides, by numbers that the reference of legacy formats
gives its decisions (D-1 …), what each of it becomes; `TABLE` sums it up and the report
quotes it. Nothing here guesses in silence: an event carries in `legacy` where each of its
fields came from and what is unknown, a `Note` says what was noticed about the run, and a
`Quarantine` why it cannot be converted at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

from ulid import ULID

from wfx import codec
from wfx.entities import RunStatus, StepStatus
from wfx.errors import EncodeError, IllegalEvent
from wfx.events import (
    RUN_ENDS,
    Event,
    EventData,
    HookCreated,
    HookDisposed,
    HookReceived,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
    WaitCompleted,
    WaitCreated,
    iso,
    moment,
)
from wfx.projection import Fold
from wfx.values import Json
from wfx_migrate.v1.failures import UNKNOWN_MESSAGE, error_object
from wfx_migrate.v1.js import Flattened
from wfx_migrate.v1.model import BadRow, LegacyRun, Problem, Row, SourceKind, ValueForm
from wfx_migrate.v1.values import (
    UNDEFINED,
    Arguments,
    BadValue,
    decode,
    decode_arguments,
)

TABLE: Final[tuple[tuple[str, str, str], ...]] = (
    ("run_created", "run row: createdAt, workflowName, deploymentId, input", ""),
    ("run_started", "run row: startedAt; else workflow_started", "D-17"),
    ("run_completed", "run row: completedAt, output; else workflow_completed", "D-17"),
    ("run_failed", "run row: completedAt, error; else workflow_failed", "D-3 D-17"),
    ("run_cancelled", "run row: completedAt, else updatedAt", "D-18"),
    ("step_created", "step row: createdAt, stepName, input", "D-4 D-7"),
    ("step_started", "step_started, its attempt counted", "D-8"),
    ("step_retrying", "step_failed without fatal: true; retryAfter of the row on the last", "D-9"),
    ("step_failed", "step_failed with fatal: true, or the last one if the row failed", "D-10"),
    ("step_completed", "step_completed; else a completed step row", "D-11 D-12"),
    ("step_cancelled", "a cancelled step row", "D-6"),
    ("hook_created", "hook_created, its token and metadata from the hook row", "D-14 D-15"),
    ("hook_received", "hook_received", ""),
    ("hook_disposed", "hook_disposed", ""),
    ("wait_created", "wait_created", "D-15"),
    ("wait_completed", "wait_completed", ""),
)
"""Event of today, what it is made of, and the decisions behind it."""

_RUN_STATUSES: Final = frozenset({*RunStatus, "paused"})
_STEP_TYPES: Final = frozenset({"step_started", "step_completed", "step_failed", "step_retrying"})
_HOOK_TYPES: Final = frozenset({"hook_created", "hook_received", "hook_disposed"})
_WAIT_TYPES: Final = frozenset({"wait_created", "wait_completed"})
_RUN_TYPES: Final = frozenset({"workflow_started", "workflow_completed", "workflow_failed"})
_PAUSE_TYPES: Final = frozenset({"run_paused", "run_resumed"})
_KNOWN: Final = _STEP_TYPES | _HOOK_TYPES | _WAIT_TYPES | _RUN_TYPES | _PAUSE_TYPES

_IN_RUN: Final = frozenset(
    {"runId", "workflowName", "deploymentId", "status", "input", "output", "error"}
    | {"errorCode", "createdAt", "startedAt", "completedAt", "executionContext"}
)
_IN_STEP: Final = frozenset({"runId", "stepId", "stepName", "status", "input", "output", "error"})
_IN_HOOK: Final = frozenset({"runId", "hookId", "token", "metadata"})
"""Fields of rows that events say; the others are kept in `legacy.row`."""

_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
_CLOCK_APART: Final = timedelta(minutes=10)


class NoteKind(StrEnum):
    """What can be noticed about a run that migrates all the same."""

    CONTRADICTION = "contradiction"
    """Two records say different things; the text says which one won."""
    DUPLICATE = "duplicate"
    """Something happened twice; the first counts, the other is archived."""
    LATE = "late"
    """Something came after the end of its run, step or hook, and is archived."""
    MERGED = "merged"
    """A record says what another one says too."""
    INFERRED = "inferred"
    """A field is not what the source says but follows from it."""
    UNKNOWN = "unknown"
    """A field cannot be known."""
    RAW = "raw"
    """A value could only be kept as it was written."""
    PAUSED = "paused"
    """The run was, or is, paused."""
    ORDER = "order"
    """Clocks that tie, go backwards, or are apart."""
    HELD = "held"
    """The run is open in a way that wants a look before it goes on."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something noticed about a run."""

    kind: NoteKind
    where: str
    """The record, or the entity's id."""
    text: str
    decision: str = ""
    entity: str | None = None
    """The id of the run, step, hook or wait whose row and log may differ because of it."""


class Fate(StrEnum):
    """What became of a source record."""

    CONVERTED = "converted"
    """Events were made of it."""
    MERGED = "merged"
    """Events made of others say what it says."""
    ARCHIVED = "archived"
    """It is no part of the log (a duplicate, or too late), and kept beside it."""
    KEPT = "kept"
    """It is no row: a stream's chunk or a file beside; kept as it is."""


@dataclass(frozen=True, slots=True)
class Upcast:
    """A run converted."""

    run_id: str
    events: list[Event]
    notes: list[Note]
    fates: dict[str, Fate]
    """Source record → what became of it."""
    paused: bool
    """It was paused when its source was written."""
    ties: int
    """Pairs of stored events in one instant, which the order of ids decided."""
    inversions: int
    """Places where the log's order goes against the clock."""


class Quarantine(Exception):
    """This run cannot be converted; the problems say why, with their places."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(str(problem) for problem in problems))


class Paused(StrEnum):
    """What a run that is paused becomes."""

    HOLD = "hold"
    """Running, parked as paused."""
    RUNNING = "running"
    """Running, parked like every other open run."""
    CANCEL = "cancel"
    """Cancelled, which is what the vendor's own migration did."""
    REFUSE = "refuse"
    """It is quarantined."""


def upcast(
    legacy: LegacyRun, *, paused: Paused = Paused.HOLD, names: Mapping[str, str] | None = None
) -> Upcast:
    """
    Convert one run.

    Args:
        paused: What becomes of it if it is paused (D-2).
        names: Recorded name → the Python workflow or step it is bound to (D-21).

    Raises:
        Quarantine: If it is damaged, or says what nobody here can read.
    """
    if legacy.problems:
        raise Quarantine(legacy.problems)
    try:
        return _Run(legacy, paused, names or {}).convert()
    except BadRow as error:
        raise Quarantine([error.problem]) from None
    except BadValue as error:
        raise Quarantine([Problem(error.path, error.reason)]) from None
    except EncodeError as error:
        raise Quarantine([Problem(error.path, error.reason)]) from None


# -- the parts ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stored:
    """An event as v1 stored it."""

    row: Row
    id: str
    type: str
    at: datetime
    order: datetime
    """`at`, or that of an earlier event that v1 reads before it."""
    correlation_id: str | None
    data: Mapping[str, Any]

    @property
    def source(self) -> str:
        return self.row.source

    def about(self) -> str:
        """The step, hook or wait it is about."""
        if not self.correlation_id:
            raise self.row.bad(f"{self.type} has no correlationId")
        return self.correlation_id


_RANK_STEP_CREATED: Final = 2
_RANK_STORED: Final = 3
_RANK_DERIVED: Final = 4
_RANK_END: Final = 5


@dataclass(slots=True)
class _Draft:
    """An event before it has a position."""

    data: EventData
    at: datetime
    order: datetime
    rank: int
    sources: list[str]
    legacy: dict[str, Json]
    correlation_id: str | None = None
    stored: _Stored | None = None
    key: tuple[str, ...] = ()
    """Breaks ties among synthesised events."""


@dataclass(slots=True)
class _Step:
    """Where a step stands while its events are read."""

    status: StepStatus = StepStatus.PENDING
    starts: int = 0
    failed: _Draft | None = None
    """The failure that the next start would retry, until it starts."""
    retries: list[_Draft] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.status in (StepStatus.COMPLETED, StepStatus.FAILED)


class _Run:
    """The conversion of one run."""

    def __init__(self, legacy: LegacyRun, paused: Paused, names: Mapping[str, str]) -> None:
        self.legacy = legacy
        self.policy = paused
        self.names = names
        self.notes: list[Note] = []
        self.drafts: list[_Draft] = []
        self.fates: dict[str, Fate] = dict.fromkeys(legacy.others, Fate.KEPT)
        self.ties = 0
        self.shift = timedelta(0)
        if legacy.run is None:
            raise Quarantine(
                [Problem(legacy.run_id, "there is no row of this run, only parts of it")]
            )
        self.row = legacy.run
        self.status = self.row.text("status")
        if self.status not in _RUN_STATUSES:
            raise self.row.bad(f"the status {self.status!r} is unknown")
        self.is_paused = self.status == "paused"

    @property
    def open(self) -> bool:
        """Whether the run has not ended."""
        return self.status in ("pending", "running", "paused")

    def note(
        self, kind: NoteKind, where: str, text: str, *, decision: str = "", entity: str = ""
    ) -> None:
        self.notes.append(Note(kind, where, text, decision, entity or None))

    def convert(self) -> Upcast:
        stored = self.stored_events()
        self.shift = self.clock_shift(stored)
        pauses = self.pauses([event for event in stored if event.type in _PAUSE_TYPES])
        marks = {
            name: [event for event in stored if event.type == name] for name in sorted(_RUN_TYPES)
        }
        self.settle_status(marks)
        self.created(pauses)
        self.steps([event for event in stored if event.type in _STEP_TYPES])
        self.hooks([event for event in stored if event.type in _HOOK_TYPES])
        self.waits([event for event in stored if event.type in _WAIT_TYPES])
        self.started(marks["workflow_started"])
        self.end(marks)
        events, inversions = self.placed()
        return Upcast(
            run_id=self.legacy.run_id,
            events=events,
            notes=self.notes,
            fates=self.fates,
            paused=self.is_paused,
            ties=self.ties,
            inversions=inversions,
        )

    # -- reading --------------------------------------------------------------------------

    def stored_events(self) -> list[_Stored]:
        """The events in the order in which v1 reads them."""
        found: dict[str, _Stored] = {}
        for row in self.legacy.events:
            event = _Stored(
                row=row,
                id=_plain(row, "eventId"),
                type=row.text("eventType"),
                at=row.moment("createdAt"),
                order=row.moment("createdAt"),
                correlation_id=row.text_or_none("correlationId"),
                data=row.data(),
            )
            if event.type not in _KNOWN:
                raise row.bad(f"the event type {event.type!r} is unknown")
            if (twin := found.get(event.id)) is not None:
                self.twin(twin, event)
                continue
            found[event.id] = event
        # Its PostgreSQL readers sort by id alone, the others by time first (D-23).
        events = sorted(found.values(), key=lambda event: event.id)
        if self.legacy.kind is not SourceKind.POSTGRES:
            events.sort(key=lambda event: event.at)
        return self.in_order(events)

    def twin(self, first: _Stored, second: _Stored) -> None:
        if dict(first.row.fields) != dict(second.row.fields):
            raise second.row.bad(f"{first.source} has the same eventId {first.id} and differs")
        self.fates[second.source] = Fate.ARCHIVED
        self.note(NoteKind.DUPLICATE, second.source, f"the same event as {first.source}")

    def in_order(self, events: list[_Stored]) -> list[_Stored]:
        out: list[_Stored] = []
        for event in events:
            before = out[-1] if out else None
            order = event.at
            if before is not None:
                self.ties += before.at == event.at
                order = max(order, before.order)
            out.append(
                _Stored(
                    *(event.row, event.id, event.type, event.at, order),
                    *(event.correlation_id, event.data),
                )
            )
        return out

    def clock_shift(self, stored: list[_Stored]) -> timedelta:
        """
        How far the clock of the rows is ahead of the clock of the events.

        Only in PostgreSQL are they two: the database's, in its session's time zone, and the
        program's. A start is in the log before it is in the row.
        """
        if self.legacy.kind is not SourceKind.POSTGRES:
            return timedelta(0)
        starts: dict[str, datetime] = {}
        for event in stored:
            if event.type == "step_started":
                starts.setdefault(event.about(), event.at)
        apart = [
            began - starts[step_id]
            for row in self.legacy.steps
            if (step_id := row.text("stepId")) in starts
            and (began := row.moment_or_none("startedAt")) is not None
        ]
        shift = min(apart, default=timedelta(0))
        if timedelta(0) <= shift <= _CLOCK_APART:
            return timedelta(0)
        self.note(
            NoteKind.ORDER,
            self.row.source,
            f"the clocks of rows and events are {shift.total_seconds():+.3f} s apart; "
            "places in the log are by that of the events",
        )
        return shift

    def by_events_clock(self, at: datetime) -> datetime:
        """A moment of a row, as the clock of the events had it."""
        return at - self.shift

    # -- values ---------------------------------------------------------------------------

    def value(self, flat: Json, name: str, where: str, legacy: dict[str, Json]) -> Json:
        """A value of v1 as a value of ours."""
        path = f"{where}#{name}"
        if self.legacy.values is ValueForm.PLAIN:
            return codec.encode(flat, path=path)
        found = decode(flat, path=path)
        if isinstance(found.value, Flattened):
            self.note(
                NoteKind.RAW, where, f"{name} is kept as it was written: {found.value.reason}"
            )
        if not found.exact:
            _keep_flat(legacy, name, flat)
        return self.encoded(found.value, flat, path)

    def encoded(self, value: object, flat: Json, path: str) -> Json:
        try:
            return codec.encode(value, path=path)
        except EncodeError as error:
            return codec.encode(Flattened(flat, error.reason), path=path)

    def arguments(self, row: Row, legacy: dict[str, Json]) -> Json:
        """The arguments of a run or step."""
        path = f"{row.source}#input"
        flat = row.fields.get("input")
        if flat is None:
            self.unknown(legacy, "input", row.source, "the row has no input")
            return []
        if self.legacy.values is ValueForm.PLAIN:
            if not isinstance(flat, list):
                legacy["input"] = "one value, not a list of arguments"
                flat = [flat]
            return codec.encode(flat, path=path)
        found = decode_arguments(flat, path=path)
        if not found.exact:
            _keep_flat(legacy, "input", flat)
        self.keep_wrapper(found, path, legacy)
        for number, value in enumerate(found.values):
            if isinstance(value, Flattened):
                self.note(
                    NoteKind.RAW,
                    row.source,
                    f"input[{number}] is kept as it was written: {value.reason}",
                )
        return [self.encoded(value, flat, path) for value in found.values]

    def keep_wrapper(self, found: Arguments, path: str, legacy: dict[str, Json]) -> None:
        """What later releases put around the arguments (D-4)."""
        if found.wrapper:
            legacy["wrapper"] = list(found.wrapper)
        for name, value in (found.rest or {}).items():
            legacy[name] = codec.encode(value, path=f"{path}.{name}")

    def unknown(self, legacy: dict[str, Json], name: str, where: str, why: str) -> None:
        """Mark a field as unknown."""
        _list_in(legacy, "unknown").append(name)
        self.note(NoteKind.UNKNOWN, where, f"{name} is unknown: {why}")

    # -- the run --------------------------------------------------------------------------

    def pauses(self, events: list[_Stored]) -> list[Json]:
        """The intervals in which an operator held the run."""
        out: list[Json] = []
        since: _Stored | None = None
        for event in events:
            self.fates[event.source] = Fate.MERGED
            if event.type == "run_paused":
                if since is not None:
                    raise event.row.bad(
                        f"run_paused, though the run is paused since {since.source}: "
                        "the run_resumed between them is missing"
                    )
                since = event
            elif since is None:
                raise event.row.bad(
                    "run_resumed, though the run was not paused: an event is missing"
                )
            else:
                out.append({"from": iso(since.at), "to": iso(event.at)})
                since = None
        if since is not None:
            out.append({"from": iso(since.at), "to": None})
            if not self.is_paused:
                self.note(
                    NoteKind.CONTRADICTION,
                    since.source,
                    f"the log ends paused, the row says {self.status}; the row counts",
                    entity=self.legacy.run_id,
                )
        if out:
            self.note(
                NoteKind.PAUSED,
                self.row.source,
                f"paused {len(out)} time{'s' if len(out) > 1 else ''}; "
                "the intervals are in executionContext.legacy.pauses",
            )
        if self.is_paused:
            self.apply_policy()
        return out

    def apply_policy(self) -> None:
        """What becomes of a run that is paused (D-2)."""
        if self.policy is Paused.REFUSE:
            raise self.row.bad("the run is paused, and paused runs are refused (--paused refuse)")
        what = {
            Paused.HOLD: "it is migrated as running and held until it is released",
            Paused.RUNNING: "it is migrated as running",
            Paused.CANCEL: "it is migrated as cancelled",
        }[self.policy]
        self.note(
            NoteKind.PAUSED,
            self.row.source,
            f"the run is paused; {what} (--paused {self.policy})",
            decision="D-2",
            entity=self.legacy.run_id,
        )
        if self.policy is Paused.CANCEL:
            self.status = "cancelled"

    def settle_status(self, marks: Mapping[str, list[_Stored]]) -> None:
        """Let the log end a run whose row does not (D-17)."""
        for name, status in (("workflow_completed", "completed"), ("workflow_failed", "failed")):
            if not marks[name]:
                continue
            event = marks[name][0]
            if self.open:
                self.note(
                    NoteKind.CONTRADICTION,
                    event.source,
                    f"the log says {name}, the row {self.status}; the log counts",
                    decision="D-17",
                    entity=self.legacy.run_id,
                )
                self.status = status
            elif self.status != status:
                self.note(
                    NoteKind.CONTRADICTION,
                    event.source,
                    f"the log says {name}, the row {self.status}; the row counts",
                    decision="D-17",
                    entity=self.legacy.run_id,
                )

    def created(self, pauses: list[Json]) -> None:
        row = self.row
        at = row.moment("createdAt")
        legacy = _made_of(row, "createdAt", "workflowName", "deploymentId", "input")
        _keep_rest(legacy, row, _IN_RUN)
        context = row.fields.get("executionContext")
        if context is not None and not isinstance(context, dict):
            raise row.bad("executionContext is no object")
        ours: dict[str, Json] = {"format": "v1", "source": str(self.legacy.kind)}
        if pauses:
            ours["pauses"] = pauses
        if self.is_paused:
            ours["status"] = "paused"
        if bound := self.bound_names():
            ours["names"] = bound
        if context and "legacy" in context:
            ours["legacy"] = context["legacy"]
        deployment = row.fields.get("deploymentId")
        if deployment is None:
            self.unknown(legacy, "deploymentId", row.source, "the row has none")
        self.drafts.append(
            _Draft(
                data=RunCreated(
                    deployment_id="" if deployment is None else _plain(row, "deploymentId"),
                    workflow_name=_plain(row, "workflowName"),
                    input=self.arguments(row, legacy),
                    execution_context={**(context or {}), "legacy": ours},
                ),
                at=at,
                order=at,
                rank=0,
                sources=[row.source],
                legacy=legacy,
            )
        )

    def bound_names(self) -> dict[str, Json]:
        used = [self.row.text("workflowName")]
        used += [name for row in self.legacy.steps if (name := row.text_or_none("stepName"))]
        return {name: self.names[name] for name in dict.fromkeys(used) if name in self.names}

    def started(self, marks: list[_Stored]) -> None:
        """run_started: from the row, or else the log, or else because something happened."""
        row = self.row
        at = row.moment_or_none("startedAt")
        legacy = _made_of(row, createdAt="startedAt")
        mark: _Stored | None = None
        if at is not None:
            for event in marks:
                self.merged(event, "the row's startedAt says it")
        elif marks:
            mark, *others = marks
            at = mark.at
            legacy = {"source": mark.source}
            for event in others:
                self.archive(NoteKind.DUPLICATE, event, "workflow_started came before", "D-12")
        elif len(self.drafts) > 1 or self.status in ("running", "completed", "paused"):
            at = (
                min(draft.at for draft in self.drafts[1:]) if self.drafts[1:] else self.drafts[0].at
            )
            _dict_in(legacy, "inferred")["createdAt"] = "the first thing that happened on the run"
            self.note(
                NoteKind.INFERRED, row.source, "the row has no startedAt", entity=self.legacy.run_id
            )
        if at is None:
            return
        self.drafts.append(
            _Draft(
                data=RunStarted(),
                at=at,
                order=self.by_events_clock(at),
                rank=1,
                sources=[mark.source if mark else row.source],
                legacy=legacy,
                stored=mark,
            )
        )

    def end(self, marks: Mapping[str, list[_Stored]]) -> None:
        """The end of the run, from the row, or else from the log."""
        ends = marks["workflow_completed"] + marks["workflow_failed"]
        data: EventData
        row = self.row
        mark = ends[0] if ends and row.text("status") in ("pending", "running", "paused") else None
        legacy: dict[str, Json] = {}
        if self.open:
            return
        for event in ends:
            if event is not mark:
                self.merged(event, f"the row says {self.status}")
        at, legacy = self.end_time(mark)
        if self.status == "completed":
            output = row.fields.get("output")
            _from(legacy, "output", f"{row.source}#output")
            if output is None and self.legacy.values is ValueForm.FLAT:
                output = UNDEFINED
                if mark is not None:
                    self.unknown(legacy, "output", row.source, "the row has none")
            data = RunCompleted(output=self.value(output, "output", row.source, legacy))
        elif self.status == "failed":
            data = self.run_failed(mark, legacy)
        else:
            data = RunCancelled(
                reason="paused in the legacy log; cancelled by its migration"
                if self.is_paused
                else None
            )
        self.drafts.append(
            _Draft(
                data=data,
                at=at,
                order=at if mark else self.by_events_clock(at),
                rank=_RANK_END,
                sources=[mark.source if mark else row.source],
                legacy=legacy,
                stored=mark,
            )
        )

    def end_time(self, mark: _Stored | None) -> tuple[datetime, dict[str, Json]]:
        """When the run ended, and where that comes from."""
        row = self.row
        if mark is not None:
            return mark.at, {"source": mark.source}
        at = row.moment_or_none("completedAt")
        if at is not None:
            return at, _made_of(row, createdAt="completedAt")
        legacy = _made_of(row, createdAt="updatedAt")
        at = row.moment_or_none("updatedAt")
        if at is None:
            at = max(draft.at for draft in self.drafts)
            legacy = {"source": row.source, "synthesised": True}
        why = f"the row is {row.text('status')} and has no completedAt"
        _dict_in(legacy, "inferred")["createdAt"] = why
        self.note(NoteKind.INFERRED, row.source, why, decision="D-18", entity=self.legacy.run_id)
        return at, legacy

    def run_failed(self, mark: _Stored | None, legacy: dict[str, Json]) -> RunFailed:
        row = self.row
        error = row.fields.get("error")
        _from(legacy, "error", f"{row.source}#error")
        if error is None and mark is not None:
            error = mark.data.get("error")
            _from(legacy, "error", f"{mark.source}#eventData.error")
        if error is None:
            self.unknown(legacy, "error", row.source, "the row has none")
            return RunFailed(error={"message": UNKNOWN_MESSAGE})
        made = error_object(error)
        code = row.text_or_none("errorCode") or made.pop("code", None)
        if isinstance(code, str):
            _from(legacy, "errorCode", f"{row.source}#errorCode")
        return RunFailed(error=made, error_code=code if isinstance(code, str) else None)

    # -- steps ----------------------------------------------------------------------------

    def steps(self, events: list[_Stored]) -> None:
        by_step: dict[str, list[_Stored]] = {}
        for event in events:
            by_step.setdefault(event.about(), []).append(event)
        rows: dict[str, Row] = {}
        for row in self.legacy.steps:
            step_id = _plain(row, "stepId")
            if step_id in rows:
                raise row.bad(f"{rows[step_id].source} is a row of {step_id} too")
            rows[step_id] = row
        for step_id in [*rows, *(id for id in by_step if id not in rows)]:
            own = by_step.get(step_id, [])
            found = rows.get(step_id)
            if found is None:
                self.step_without_row(step_id, own)
            else:
                self.step_created(step_id, found, own)
            self.step(step_id, found, own)

    def step_created(self, step_id: str, row: Row, events: list[_Stored]) -> None:
        at = row.moment("createdAt")
        legacy = _made_of(row, "createdAt", "stepName", "input")
        _keep_rest(legacy, row, _IN_STEP | {"createdAt"})
        order = min([at, *(event.order for event in events[:1])])
        self.drafts.append(
            _Draft(
                data=StepCreated(
                    step_name=_plain(row, "stepName"), input=self.arguments(row, legacy), call=None
                ),
                at=at,
                order=order,
                rank=_RANK_STEP_CREATED,
                sources=[row.source],
                legacy=legacy,
                correlation_id=step_id,
                key=(iso(at), step_id),
            )
        )

    def step_without_row(self, step_id: str, events: list[_Stored]) -> None:
        """The row of a step is gone: what it was called with is unknown (D-7)."""
        first = events[0]
        if self.open:
            raise first.row.bad(
                f"there is no row of {step_id}, and the run is still open: without the name and "
                "input of its step it could not be continued"
            )
        legacy: dict[str, Json] = {
            "source": first.source,
            "synthesised": True,
            "inferred": {"createdAt": "the step's first event"},
        }
        self.unknown(legacy, "stepName", step_id, "there is no row of the step")
        self.unknown(legacy, "input", step_id, "there is no row of the step")
        self.drafts.append(
            _Draft(
                data=StepCreated(step_name=None, input=[], call=None),
                at=first.at,
                order=first.order,
                rank=_RANK_STEP_CREATED,
                sources=[],
                legacy=legacy,
                correlation_id=step_id,
                key=(iso(first.at), step_id),
            )
        )

    def step(self, step_id: str, row: Row | None, events: list[_Stored]) -> None:
        """Everything that happened to one step."""
        status = "" if row is None else row.text("status")
        if row is not None and status not in frozenset(StepStatus):
            raise row.bad(f"the status {status!r} is unknown")
        step = _Step()
        for event in events:
            if step.ended:
                outcome = event.type in ("step_completed", "step_failed")
                kind = NoteKind.DUPLICATE if outcome else NoteKind.LATE
                why = f"{step_id} {step.status} before"
                self.archive(kind, event, why, "D-12" if outcome else "D-19", step_id)
                continue
            last = event is events[-1]
            self.step_event(step_id, step, event, ends=last and status == "failed")
        if row is not None:
            self.count_attempts(step_id, step, row)
            self.spread_retry_after(step_id, step, row)
            self.settle_step(step_id, step, row, events)

    def step_event(self, step_id: str, step: _Step, event: _Stored, *, ends: bool) -> None:
        """One event of a step."""
        legacy: dict[str, Json] = {"source": event.source}
        if event.type == "step_started":
            step.starts += 1
            step.status, step.failed = StepStatus.RUNNING, None
            self.keep(event, StepStarted(attempt=step.starts), legacy, step_id)
            return
        if event.type == "step_retrying" and "error" not in event.data:
            self.step_retrying(step_id, step, event, legacy)
            return
        if event.type == "step_completed":
            self.ensure_started(step_id, step, event)
            result = event.data.get("result")
            if result is None and self.legacy.values is ValueForm.FLAT:
                if "result" not in event.data:
                    self.unknown(legacy, "result", event.source, "the event has none")
                result = UNDEFINED
            step.status = StepStatus.COMPLETED
            value = self.value(result, "result", event.source, legacy)
            self.keep(event, StepCompleted(result=value), legacy, step_id)
            return
        error = self.step_error(event, legacy)
        if event.type == "step_failed" and event.data.get("fatal") is True:
            step.status = StepStatus.FAILED
            self.keep(event, StepFailed(error=error), legacy, step_id)
        elif ends:
            legacy["contradiction"] = "the log says it will be retried, the row that it failed"
            self.note(
                NoteKind.CONTRADICTION,
                event.source,
                "the last failure is not fatal, and the row says failed; the row counts",
                decision="D-10",
                entity=step_id,
            )
            step.status = StepStatus.FAILED
            self.keep(event, StepFailed(error=error), legacy, step_id)
        else:
            self.ensure_started(step_id, step, event)
            step.status = StepStatus.PENDING
            step.failed = self.keep(event, StepRetrying(error=error), legacy, step_id)
            step.retries.append(step.failed)

    def step_error(self, event: _Stored, legacy: dict[str, Json]) -> dict[str, Json]:
        if event.data.get("error") is None:
            self.unknown(legacy, "error", event.source, "the event has none")
            return {"message": UNKNOWN_MESSAGE}
        return error_object(event.data["error"], event.data.get("stack"))

    def step_retrying(
        self, step_id: str, step: _Step, event: _Stored, legacy: dict[str, Json]
    ) -> None:
        """v1's own step_retrying says only which attempt follows (D-13)."""
        if step.failed is not None:
            step.failed.sources.append(event.source)
            self.merged(event, "the failure before it says it", "D-13")
        elif step.status is StepStatus.RUNNING:
            self.unknown(legacy, "error", event.source, "the event has none")
            step.status = StepStatus.PENDING
            step.failed = self.keep(
                event, StepRetrying(error={"message": UNKNOWN_MESSAGE}), legacy, step_id
            )
            step.retries.append(step.failed)
        else:
            self.archive(
                NoteKind.LATE, event, f"{step_id} had no attempt to retry", "D-13", step_id
            )

    def ensure_started(self, step_id: str, step: _Step, before: _Stored) -> None:
        """An outcome needs an attempt; if none is in the log, there was one all the same."""
        if step.status is StepStatus.RUNNING:
            return
        step.starts += 1
        step.status = StepStatus.RUNNING
        self.note(
            NoteKind.INFERRED,
            before.source,
            f"{before.type} without step_started before it; one was added",
            entity=step_id,
        )
        self.drafts.append(
            _Draft(
                data=StepStarted(attempt=step.starts),
                at=before.at,
                order=before.order,
                rank=_RANK_STORED,
                sources=[],
                legacy={
                    "source": before.source,
                    "synthesised": True,
                    "inferred": {"createdAt": "the outcome of this attempt"},
                },
                correlation_id=step_id,
                # Sorts before the event it stands for.
                key=(before.id[:-1],),
            )
        )

    def count_attempts(self, step_id: str, step: _Step, row: Row) -> None:
        counted = row.number("attempt") if "attempt" in row.fields else step.starts
        if counted > step.starts:
            raise row.bad(
                f"the row counts {counted} attempts, the log has {step.starts} starts: "
                "events of this step are missing"
            )
        if counted < step.starts:
            self.note(
                NoteKind.CONTRADICTION,
                row.source,
                f"the row counts {counted} attempts, the log has {step.starts} starts; "
                "the log counts",
                decision="D-8",
                entity=step_id,
            )

    def spread_retry_after(self, step_id: str, step: _Step, row: Row) -> None:
        """The row has the last retryAfter only (D-9)."""
        after = row.moment_or_none("retryAfter")
        if after is None:
            return
        fitting = [draft for draft in step.retries if self.by_events_clock(after) >= draft.at]
        if not fitting:
            self.note(
                NoteKind.CONTRADICTION,
                row.source,
                "the row has a retryAfter that no failure in the log could have set",
                decision="D-9",
                entity=step_id,
            )
            return
        draft = fitting[-1]
        assert isinstance(draft.data, StepRetrying)  # only those are in `retries`
        draft.data = StepRetrying(error=draft.data.error, retry_after=after)
        draft.sources.append(row.source)
        _from(draft.legacy, "retryAfter", f"{row.source}#retryAfter")

    def settle_step(self, step_id: str, step: _Step, row: Row, events: list[_Stored]) -> None:
        """Where row and log say different things of a step's end."""
        status = row.text("status")
        if step.ended:
            if status != step.status:
                self.note(
                    NoteKind.CONTRADICTION,
                    row.source,
                    f"the log says the step {step.status}, the row {status}; the log counts",
                    decision="D-12",
                    entity=step_id,
                )
            return
        if status == "running" and step.status is StepStatus.PENDING:
            if step.starts == 0:
                raise row.bad("the row is running, and the log has no start of it")
            # The retry is in the log; the row would have followed.
            self.behind(step_id, row, "pending", status)
        elif status == "pending" and step.status is StepStatus.RUNNING:
            self.behind(step_id, row, "running", status)
        elif status in ("completed", "failed"):
            self.step_end_from_row(step_id, step, row, events)
        elif status == "cancelled":
            self.step_end(step_id, row, events, StepCancelled(), "updatedAt", {})

    def behind(self, step_id: str, row: Row, log: str, status: str) -> None:
        self.note(
            NoteKind.CONTRADICTION,
            row.source,
            f"the log says the step is {log}, the row {status}; the log counts",
            entity=step_id,
        )

    def step_end_from_row(self, step_id: str, step: _Step, row: Row, events: list[_Stored]) -> None:
        """The row says a step ended, and the log does not (D-11)."""
        status = row.text("status")
        self.note(
            NoteKind.CONTRADICTION,
            row.source,
            f"the row says {status}, and the log has no step_{status}; the row counts",
            decision="D-11",
            entity=step_id,
        )
        legacy: dict[str, Json] = {"contradiction": f"the log has no step_{status}"}
        if status == "failed":
            error = row.fields.get("error")
            made = error_object(UNKNOWN_MESSAGE if error is None else error)
            if error is None:
                self.unknown(legacy, "error", row.source, "the row has none")
            _from(legacy, "error", f"{row.source}#error")
            self.step_end(step_id, row, events, StepFailed(error=made), "completedAt", legacy)
            return
        if step.status is not StepStatus.RUNNING:
            legacy_start = _made_of(row, createdAt="completedAt")
            _dict_in(legacy_start, "inferred")["createdAt"] = "the end of this attempt"
            self.step_end(
                *(step_id, row, events, StepStarted(attempt=step.starts + 1)),
                *("completedAt", legacy_start),
            )
        output = row.fields.get("output")
        if output is None and self.legacy.values is ValueForm.FLAT:
            output = UNDEFINED
        _from(legacy, "result", f"{row.source}#output")
        result = self.value(output, "result", row.source, legacy)
        self.step_end(step_id, row, events, StepCompleted(result=result), "completedAt", legacy)

    def step_end(
        self,
        step_id: str,
        row: Row,
        events: list[_Stored],
        data: EventData,
        name: str,
        legacy: dict[str, Json],
    ) -> None:
        """An event of a step that only its row knows of."""
        at = row.moment_or_none(name)
        if at is None:
            name, at = "updatedAt", row.moment_or_none("updatedAt")
        if at is None:
            raise row.bad(f"the row is {row.text('status')}, and does not say when")
        order = max([self.by_events_clock(at), *(event.order for event in events[-1:])])
        found = _made_of(row, createdAt=name)
        for key, value in found.items():
            legacy.setdefault(key, value)
        _from(legacy, "createdAt", f"{row.source}#{name}")
        self.drafts.append(
            _Draft(
                data=data,
                at=at,
                order=order,
                rank=_RANK_DERIVED,
                sources=[row.source],
                legacy=legacy,
                correlation_id=step_id,
                key=(str(len(self.drafts)).zfill(12),),
            )
        )

    # -- hooks ----------------------------------------------------------------------------

    def hooks(self, events: list[_Stored]) -> None:
        by_hook: dict[str, list[_Stored]] = {}
        for event in events:
            by_hook.setdefault(event.about(), []).append(event)
        rows: dict[str, Row] = {}
        for row in self.legacy.hooks:
            hook_id = _plain(row, "hookId")
            if hook_id in rows:
                raise row.bad(f"{rows[hook_id].source} is a row of {hook_id} too")
            rows[hook_id] = row
        for hook_id in [*by_hook, *(id for id in rows if id not in by_hook)]:
            self.hook(hook_id, rows.get(hook_id), by_hook.get(hook_id, []))

    def hook(self, hook_id: str, row: Row | None, events: list[_Stored]) -> None:
        created = next((event for event in events if event.type == "hook_created"), None)
        before = events.index(created) if created else len(events)
        self.hook_created(hook_id, row, created, events)
        disposed = False
        for index, event in enumerate(events):
            legacy: dict[str, Json] = {"source": event.source}
            if event.type == "hook_created":
                if event is not created:
                    self.archive(
                        NoteKind.DUPLICATE, event, f"{hook_id} was created before", "D-15", hook_id
                    )
                continue
            if disposed:
                self.archive(
                    NoteKind.LATE, event, f"{hook_id} was disposed before", "D-19", hook_id
                )
            elif event.type == "hook_disposed":
                disposed = True
                self.keep(event, HookDisposed(), legacy, hook_id)
            else:
                payload = event.data.get("payload")
                if payload is None and self.legacy.values is ValueForm.FLAT:
                    if "payload" not in event.data:
                        self.unknown(legacy, "payload", event.source, "the event has none")
                    payload = UNDEFINED
                value = self.value(payload, "payload", event.source, legacy)
                self.keep(event, HookReceived(payload=value), legacy, hook_id)
            if created and index < before:
                self.note(
                    NoteKind.ORDER,
                    event.source,
                    f"{event.type} came before hook_created by the clock; creation comes first",
                    decision="D-23",
                )

    def hook_created(
        self, hook_id: str, row: Row | None, event: _Stored | None, events: list[_Stored]
    ) -> None:
        """The log has neither token nor metadata; the row has, while the hook lives (D-14)."""
        legacy: dict[str, Json] = {"source": event.source if event else ""}
        sources = [event.source] if event else []
        token: str | None = None
        metadata: Json = None
        if row is not None:
            token = _plain(row, "token")
            sources.append(row.source)
            _from(legacy, "token", f"{row.source}#token")
            if row.fields.get("metadata") is not None:
                metadata = self.value(row.fields["metadata"], "metadata", row.source, legacy)
                _from(legacy, "metadata", f"{row.source}#metadata")
            _keep_rest(legacy, row, _IN_HOOK)
        else:
            self.unknown(legacy, "token", hook_id, "the row of the hook is gone")
            _list_in(legacy, "unknown").append("metadata")
        first = events[0].order if events else None
        if event is not None:
            at, order, rank = event.at, min(event.order, first or event.order), _RANK_STORED
        else:
            at, order, rank = self.hook_time(hook_id, row, events, legacy)
            order = min(order, first or order)
        self.drafts.append(
            _Draft(
                data=HookCreated(token=token, metadata=metadata, call=None),
                at=at,
                order=order,
                rank=rank if events and events[0] is event else _RANK_STEP_CREATED,
                sources=sources,
                legacy=legacy,
                correlation_id=hook_id,
                stored=event,
                key=(event.id if event else "", hook_id),
            )
        )

    def hook_time(
        self, hook_id: str, row: Row | None, events: list[_Stored], legacy: dict[str, Json]
    ) -> tuple[datetime, datetime, int]:
        """When a hook was created whose hook_created is missing."""
        legacy["synthesised"] = True
        where = row.source if row is not None else events[0].source
        legacy["source"] = where
        self.note(
            NoteKind.CONTRADICTION,
            where,
            f"the log has no hook_created of {hook_id}; one was made",
            decision="D-11",
            entity=hook_id,
        )
        if row is not None:
            at = row.moment("createdAt")
            _from(legacy, "createdAt", f"{row.source}#createdAt")
            return at, at, _RANK_STEP_CREATED
        _dict_in(legacy, "inferred")["createdAt"] = "the hook's first event"
        return events[0].at, events[0].order, _RANK_STEP_CREATED

    # -- waits ----------------------------------------------------------------------------

    def waits(self, events: list[_Stored]) -> None:
        by_wait: dict[str, list[_Stored]] = {}
        for event in events:
            by_wait.setdefault(event.about(), []).append(event)
        for wait_id, own in by_wait.items():
            self.wait(wait_id, own)

    def wait(self, wait_id: str, events: list[_Stored]) -> None:
        created = next((event for event in events if event.type == "wait_created"), None)
        first = events[0]
        if created is None:
            self.wait_without_creation(wait_id, first)
        done = False
        for event in events:
            legacy: dict[str, Json] = {"source": event.source}
            if event is created:
                data = WaitCreated(delay=None, resume_at=_resume_at(event), call=None)
                self.drafts.append(
                    _Draft(
                        data=data,
                        at=event.at,
                        order=min(event.order, first.order),
                        rank=_RANK_STORED if event is first else _RANK_STEP_CREATED,
                        sources=[event.source],
                        legacy=legacy,
                        correlation_id=wait_id,
                        stored=event,
                        key=(event.id,),
                    )
                )
            elif event.type == "wait_created":
                self.archive(
                    NoteKind.DUPLICATE, event, f"{wait_id} was created before", "D-15", wait_id
                )
            elif done:
                self.archive(
                    NoteKind.DUPLICATE, event, f"{wait_id} was completed before", "D-15", wait_id
                )
            else:
                done = True
                self.keep(event, WaitCompleted(), legacy, wait_id)

    def wait_without_creation(self, wait_id: str, first: _Stored) -> None:
        if self.open:
            raise first.row.bad(
                f"there is no wait_created of {wait_id}, and the run is still open: "
                "it could not be continued"
            )
        legacy: dict[str, Json] = {
            "source": first.source,
            "synthesised": True,
            "inferred": {"createdAt": "the wait's first event"},
        }
        self.unknown(legacy, "resumeAt", first.source, f"there is no wait_created of {wait_id}")
        self.drafts.append(
            _Draft(
                data=WaitCreated(delay=None, resume_at=first.at, call=None),
                at=first.at,
                order=first.order,
                rank=_RANK_STEP_CREATED,
                sources=[],
                legacy=legacy,
                correlation_id=wait_id,
                key=(wait_id,),
            )
        )

    # -- what becomes of stored events ----------------------------------------------------

    def keep(
        self, event: _Stored, data: EventData, legacy: dict[str, Json], correlation_id: str
    ) -> _Draft:
        """A stored event that becomes one of ours."""
        draft = _Draft(
            data=data,
            at=event.at,
            order=event.order,
            rank=_RANK_STORED,
            sources=[event.source],
            legacy=legacy,
            correlation_id=correlation_id,
            stored=event,
            key=(event.id,),
        )
        self.drafts.append(draft)
        return draft

    def merged(self, event: _Stored, why: str, decision: str = "D-17") -> None:
        self.fates[event.source] = Fate.MERGED
        self.note(NoteKind.MERGED, event.source, f"{event.type}: {why}", decision=decision)

    def archive(
        self, kind: NoteKind, event: _Stored, why: str, decision: str, entity: str = ""
    ) -> None:
        self.fates[event.source] = Fate.ARCHIVED
        self.note(
            kind, event.source, f"{event.type} is archived: {why}", decision=decision, entity=entity
        )

    # -- order ----------------------------------------------------------------------------

    def placed(self) -> tuple[list[Event], int]:
        """
        The log: drafts in order, with positions (D-23).

        First run_created and run_started; then by time, rank and id. What the transition
        table does not let follow is archived if v1 stored it, and moved before the end of
        the run if it is the creation of a step; else the run is quarantined.
        """
        begin = [draft for draft in self.drafts if draft.rank < _RANK_STEP_CREATED]
        rest = [draft for draft in self.drafts if draft.rank >= _RANK_STEP_CREATED]
        begin.sort(key=lambda draft: draft.rank)
        rest.sort(key=lambda draft: (draft.order, draft.rank, draft.key))
        folded = Fold()
        events: list[Event] = []
        written: list[_Draft] = []
        for draft in [*begin, *self.creations_first(rest)]:
            event = self.event(draft, len(events))
            try:
                folded.add(event)
            except IllegalEvent as error:
                self.refused(draft, error)
                continue
            events.append(event)
            written.append(draft)
            if folded.run is not None and folded.run.ended and not isinstance(draft.data, RUN_ENDS):
                self.note(
                    NoteKind.ORDER,
                    draft.sources[0],
                    f"{draft.data.type} came after the end of the run and is kept: it was running",
                    decision="D-19",
                )
        for draft in written:
            for source in draft.sources:
                self.fates[source] = Fate.CONVERTED
        inversions = sum(after.created_at < before.created_at for before, after in pairwise(events))
        return events, inversions

    def creations_first(self, rest: list[_Draft]) -> list[_Draft]:
        """Move creations of steps that come after the run's end before it."""
        end = next((i for i, draft in enumerate(rest) if isinstance(draft.data, RUN_ENDS)), None)
        if end is None:
            return rest
        late = [draft for draft in rest[end + 1 :] if isinstance(draft.data, StepCreated)]
        for draft in late:
            self.note(
                NoteKind.ORDER,
                draft.correlation_id or "",
                "the step was created after the end of the run; its creation is put before it",
                decision="D-23",
                entity=draft.correlation_id or "",
            )
        kept = [draft for draft in rest[end + 1 :] if draft not in late]
        return [*rest[:end], *late, rest[end], *kept]

    def refused(self, draft: _Draft, error: IllegalEvent) -> None:
        if draft.stored is None:
            raise Quarantine(
                [
                    Problem(
                        (draft.sources or [draft.correlation_id or self.legacy.run_id])[0],
                        f"its {draft.data.type} cannot follow: {error.subject} is {error.status}",
                    )
                ]
            )
        self.archive(
            NoteKind.LATE,
            draft.stored,
            f"{error.subject} was {error.status} before",
            "D-19",
            draft.correlation_id or self.legacy.run_id,
        )
        for source in draft.sources:
            if source != draft.stored.source:
                self.fates.setdefault(source, Fate.ARCHIVED)

    def event(self, draft: _Draft, position: int) -> Event:
        stored = draft.stored
        return Event(
            event_id=stored.id if stored else _synthetic_id(self.legacy.run_id, draft),
            run_id=self.legacy.run_id,
            position=position,
            created_at=draft.at,
            data=draft.data,
            correlation_id=draft.correlation_id,
            legacy=draft.legacy,
        )


# -- small things -------------------------------------------------------------------------


def _plain(row: Row, name: str) -> str:
    """A name or id: a text that a database can have in a column."""
    text = row.text(name)
    if _NO_TEXT.search(text):
        raise row.bad(f"{name} is {text!r}, which has a NUL or half a character in it")
    return text


def _resume_at(event: _Stored) -> datetime:
    text = event.data.get("resumeAt")
    try:
        if not isinstance(text, str):
            raise ValueError
        return moment(text)
    except ValueError:
        raise event.row.bad(f"resumeAt is {text!r}, and should be an ISO 8601 date") from None


def _made_of(row: Row, *same: str, **renamed: str) -> dict[str, Json]:
    """The `legacy` field of an event that is synthesised from a row."""
    fields: dict[str, Json] = {name: f"{row.source}#{name}" for name in same}
    fields |= {name: f"{row.source}#{field}" for name, field in renamed.items()}
    return {"source": row.source, "synthesised": True, "fields": fields}


def _from(legacy: dict[str, Json], name: str, source: str) -> None:
    _dict_in(legacy, "fields")[name] = source


def _keep_rest(legacy: dict[str, Json], row: Row, said: frozenset[str]) -> None:
    """What a row says beyond what events say."""
    rest: dict[str, Json] = {
        name: value
        for name, value in row.fields.items()
        if name not in said and isinstance(value, (str, int, float, bool))
    }
    if rest:
        legacy["row"] = rest


def _keep_flat(legacy: dict[str, Json], name: str, flat: Json) -> None:
    """The flattened form, where the Python value cannot tell it again."""
    _dict_in(legacy, "flat")[name] = codec.encode(flat)


def _dict_in(legacy: dict[str, Json], name: str) -> dict[str, Json]:
    found = legacy.setdefault(name, {})
    assert isinstance(found, dict)
    return found


def _list_in(legacy: dict[str, Json], name: str) -> list[Json]:
    found = legacy.setdefault(name, [])
    assert isinstance(found, list)
    return found


def _synthetic_id(run_id: str, draft: _Draft) -> str:
    """
    The id of an event that v1 did not store: the same at every migration.

    It sorts among stored ids of the same millisecond as the event does in the log.
    """
    milliseconds = int(draft.at.timestamp() * 1000)
    bound = min(max(milliseconds, 0), 2**48 - 1)
    rank = 0xFF if draft.rank > _RANK_STORED else draft.rank
    what = f"{run_id}\0{draft.data.type}\0{draft.correlation_id}\0{draft.key}"
    random = sha256(what.encode("utf-8", "surrogatepass")).digest()[:8]
    high = bytes([rank, rank if rank == 0xFF else 0])
    return f"evnt_{ULID(bound.to_bytes(6, 'big') + high + random)}"


__all__ = [
    "TABLE",
    "Fate",
    "Note",
    "NoteKind",
    "Paused",
    "Quarantine",
    "Upcast",
    "upcast",
]
