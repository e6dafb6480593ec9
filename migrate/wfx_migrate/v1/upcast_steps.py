"""
Steps: their events, and what only their rows know (D-4 to D-13).

The first end of a step in the log counts, because the old program saw that one. Where the
log has no end and the row has, the row counts.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Final

from wfx.entities import StepStatus
from wfx.events import (
    EventData,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
    iso,
)
from wfx.values import Json
from wfx_migrate.v1.conversion import Conversion, came_from, dict_in, keep_rest, made_of, plain
from wfx_migrate.v1.drafts import RANK_CREATION, RANK_DERIVED, RANK_STORED, Draft, Stored
from wfx_migrate.v1.failures import UNKNOWN_MESSAGE, error_object
from wfx_migrate.v1.model import Row, ValueForm
from wfx_migrate.v1.notes import NoteKind
from wfx_migrate.v1.room import Groups
from wfx_migrate.v1.values import UNDEFINED

_IN_ROW: Final = frozenset(
    {"runId", "stepId", "stepName", "status", "input", "output", "error", "createdAt"}
)
"""Fields of the row that events say; the others are kept in `legacy.row`."""


_STATUSES: Final = frozenset(StepStatus)


@dataclass(slots=True)
class _Step:
    """Where a step stands while its events are read."""

    status: StepStatus = StepStatus.PENDING
    starts: int = 0
    failed: Draft | None = None
    """The failure that the next start would retry, until it starts."""
    retries: list[Draft] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.status in (StepStatus.COMPLETED, StepStatus.FAILED)


def steps(run: Conversion, by_step: Groups[Stored]) -> None:
    rows: MutableMapping[str, str] = run.room.dict()
    for row in run.legacy.steps:
        step_id = plain(row, "stepId")
        if step_id in rows:
            raise row.bad(f"{rows[step_id]} is a row of {step_id} too")
        rows[step_id] = row.source
    for row in run.legacy.steps:
        step_id = row.text("stepId")
        own = list(by_step.of(step_id))
        _step_created(run, step_id, row, own)
        _step(run, step_id, row, own)
        run.drafts.settle()
    for step_id in by_step:
        if step_id not in rows:
            own = list(by_step.of(step_id))
            _step_without_row(run, step_id, own)
            _step(run, step_id, None, own)
            run.drafts.settle()


def _step_created(run: Conversion, step_id: str, row: Row, events: list[Stored]) -> None:
    at = row.moment("createdAt")
    legacy = made_of(row, "createdAt", "stepName", "input")
    keep_rest(legacy, row, _IN_ROW)
    order = min([at, *(event.order for event in events[:1])])
    run.drafts.append(
        Draft(
            data=StepCreated(
                step_name=plain(row, "stepName"),
                input=run.arguments(row, legacy, step_id),
                call=None,
            ),
            at=at,
            order=order,
            rank=RANK_CREATION,
            sources=[row.source],
            legacy=legacy,
            correlation_id=step_id,
            key=(0, f"{iso(at)} {step_id}"),
        )
    )


def _step_without_row(run: Conversion, step_id: str, events: list[Stored]) -> None:
    """The row of a step is gone: what it was called with is unknown (D-7)."""
    first = events[0]
    if run.open:
        raise first.row.bad(
            f"there is no row of {step_id}, and the run is still open: without the name and "
            "input of its step it could not be continued"
        )
    run.create_unseen(
        first,
        StepCreated(step_name=None, input=[], call=None),
        unknown=("stepName", "input"),
        where=step_id,
        key=f"{iso(first.at)} {step_id}",
    )


def _step(run: Conversion, step_id: str, row: Row | None, events: list[Stored]) -> None:
    """Everything that happened to one step."""
    status = "" if row is None else row.text("status")
    if row is not None and status not in _STATUSES:
        raise row.bad(f"the status {status!r} is unknown")
    step = _Step()
    for event in events:
        if step.ended:
            outcome = event.type in ("step_completed", "step_failed")
            kind = NoteKind.DUPLICATE if outcome else NoteKind.LATE
            why = f"{step_id} {step.status} before"
            run.archive(kind, event, why, "D-12" if outcome else "D-19", step_id)
            continue
        last = event is events[-1]
        _step_event(run, step_id, step, event, ends=last and status == "failed")
    if row is not None:
        _count_attempts(run, step_id, step, row)
        _spread_retry_after(run, step_id, step, row)
        _settle_step(run, step_id, step, row, events)


def _step_event(run: Conversion, step_id: str, step: _Step, event: Stored, *, ends: bool) -> None:
    """One event of a step."""
    legacy: dict[str, Json] = {"source": event.source}
    if event.type == "step_started":
        step.starts += 1
        step.status, step.failed = StepStatus.RUNNING, None
        run.keep(event, StepStarted(attempt=step.starts), legacy, step_id)
        return
    if event.type == "step_retrying" and "error" not in event.data:
        _step_retrying(run, step_id, step, event, legacy)
        return
    if event.type == "step_completed":
        _ensure_started(run, step_id, step, event)
        result = event.data.get("result")
        if result is None and run.legacy.values is ValueForm.FLAT:
            if "result" not in event.data:
                run.unknown(legacy, "result", event.source, "the event has none")
            result = UNDEFINED
        step.status = StepStatus.COMPLETED
        value = run.value(result, "result", event.source, legacy, step_id)
        run.keep(event, StepCompleted(result=value), legacy, step_id)
        return
    error = _step_error(run, event, legacy)
    if event.type == "step_failed" and event.data.get("fatal") is True:
        step.status = StepStatus.FAILED
        run.keep(event, StepFailed(error=error), legacy, step_id)
    elif ends:
        legacy["contradiction"] = "the log says it will be retried, the row that it failed"
        run.note(
            NoteKind.CONTRADICTION,
            event.source,
            "the last failure is not fatal, and the row says failed; the row counts",
            decision="D-10",
            entity=step_id,
        )
        step.status = StepStatus.FAILED
        run.keep(event, StepFailed(error=error), legacy, step_id)
    else:
        _ensure_started(run, step_id, step, event)
        step.status = StepStatus.PENDING
        step.failed = run.keep(event, StepRetrying(error=error), legacy, step_id)
        step.retries.append(step.failed)


def _step_error(run: Conversion, event: Stored, legacy: dict[str, Json]) -> dict[str, Json]:
    if event.data.get("error") is None:
        run.unknown(legacy, "error", event.source, "the event has none")
        return {"message": UNKNOWN_MESSAGE}
    return error_object(event.data["error"], event.data.get("stack"))


def _step_retrying(
    run: Conversion, step_id: str, step: _Step, event: Stored, legacy: dict[str, Json]
) -> None:
    """v1's own step_retrying says only which attempt follows (D-13)."""
    if step.failed is not None:
        run.merged(event, "the failure before it says it", "D-13")
    elif step.status is StepStatus.RUNNING:
        run.unknown(legacy, "error", event.source, "the event has none")
        step.status = StepStatus.PENDING
        step.failed = run.keep(
            event, StepRetrying(error={"message": UNKNOWN_MESSAGE}), legacy, step_id
        )
        step.retries.append(step.failed)
    else:
        run.archive(NoteKind.LATE, event, f"{step_id} had no attempt to retry", "D-13", step_id)


def _ensure_started(run: Conversion, step_id: str, step: _Step, before: Stored) -> None:
    """An outcome needs an attempt; if none is in the log, there was one all the same."""
    if step.status is StepStatus.RUNNING:
        return
    step.starts += 1
    step.status = StepStatus.RUNNING
    run.note(
        NoteKind.INFERRED,
        before.source,
        f"{before.type} without step_started before it; one was added",
        entity=step_id,
    )
    run.drafts.append(
        Draft(
            data=StepStarted(attempt=step.starts),
            at=before.at,
            order=before.order,
            rank=RANK_STORED,
            sources=[],
            legacy={
                "source": before.source,
                "synthesised": True,
                "inferred": {"createdAt": "the outcome of this attempt"},
            },
            correlation_id=step_id,
            # Sorts before the event it stands for.
            key=(before.number, "before"),
        )
    )


def _count_attempts(run: Conversion, step_id: str, step: _Step, row: Row) -> None:
    counted = row.number("attempt") if "attempt" in row.fields else step.starts
    if counted > step.starts:
        raise row.bad(
            f"the row counts {counted} attempts, the log has {step.starts} starts: "
            "events of this step are missing"
        )
    if counted < step.starts:
        run.note(
            NoteKind.CONTRADICTION,
            row.source,
            f"the row counts {counted} attempts, the log has {step.starts} starts; the log counts",
            decision="D-8",
            entity=step_id,
        )


def _spread_retry_after(run: Conversion, step_id: str, step: _Step, row: Row) -> None:
    """The row has the last retryAfter only (D-9)."""
    after = row.moment_or_none("retryAfter")
    if after is None:
        return
    fitting = [draft for draft in step.retries if run.by_events_clock(after) >= draft.at]
    if not fitting:
        run.note(
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
    came_from(draft.legacy, "retryAfter", f"{row.source}#retryAfter")


def _settle_step(
    run: Conversion, step_id: str, step: _Step, row: Row, events: list[Stored]
) -> None:
    """Where row and log say different things of a step's end."""
    status = row.text("status")
    if step.ended:
        if status != step.status:
            run.note(
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
        _behind(run, step_id, row, "pending", status)
    elif status == "pending" and step.status is StepStatus.RUNNING:
        _behind(run, step_id, row, "running", status)
    elif status in ("completed", "failed"):
        _step_end_from_row(run, step_id, step, row, events)
    elif status == "cancelled":
        _step_end(run, step_id, row, events, StepCancelled(), "updatedAt", {})


def _behind(run: Conversion, step_id: str, row: Row, log: str, status: str) -> None:
    run.note(
        NoteKind.CONTRADICTION,
        row.source,
        f"the log says the step is {log}, the row {status}; the log counts",
        entity=step_id,
    )


def _step_end_from_row(
    run: Conversion, step_id: str, step: _Step, row: Row, events: list[Stored]
) -> None:
    """The row says a step ended, and the log does not (D-11)."""
    status = row.text("status")
    run.note(
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
            run.unknown(legacy, "error", row.source, "the row has none")
        came_from(legacy, "error", f"{row.source}#error")
        _step_end(run, step_id, row, events, StepFailed(error=made), "completedAt", legacy)
        return
    if step.status is not StepStatus.RUNNING:
        legacy_start = made_of(row, createdAt="completedAt")
        dict_in(legacy_start, "inferred")["createdAt"] = "the end of this attempt"
        _step_end(
            run,
            *(step_id, row, events, StepStarted(attempt=step.starts + 1)),
            *("completedAt", legacy_start),
        )
    output = row.fields.get("output")
    if output is None and run.legacy.values is ValueForm.FLAT:
        output = UNDEFINED
    came_from(legacy, "result", f"{row.source}#output")
    result = run.value(output, "result", row.source, legacy, step_id)
    _step_end(run, step_id, row, events, StepCompleted(result=result), "completedAt", legacy)


def _step_end(
    run: Conversion,
    step_id: str,
    row: Row,
    events: list[Stored],
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
    order = max([run.by_events_clock(at), *(event.order for event in events[-1:])])
    found = made_of(row, createdAt=name)
    for key, value in found.items():
        legacy.setdefault(key, value)
    came_from(legacy, "createdAt", f"{row.source}#{name}")
    run.drafts.append(
        Draft(
            data=data,
            at=at,
            order=order,
            rank=RANK_DERIVED,
            sources=[row.source],
            legacy=legacy,
            correlation_id=step_id,
            key=(len(run.drafts), ""),
        )
    )
