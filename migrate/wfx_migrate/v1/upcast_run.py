"""The run itself: v1 has no events of it, so they are made of its row (D-2, D-17, D-18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from wfx.binding import named
from wfx.events import EventData, RunCancelled, RunCompleted, RunCreated, RunFailed, RunStarted, iso
from wfx.values import Json
from wfx_migrate.v1.conversion import Conversion, came_from, dict_in, keep_rest, made_of, plain
from wfx_migrate.v1.drafts import RANK_END, Draft, Stored
from wfx_migrate.v1.failures import UNKNOWN_MESSAGE, error_object
from wfx_migrate.v1.model import ValueForm
from wfx_migrate.v1.notes import Fate, NoteKind, Paused
from wfx_migrate.v1.values import UNDEFINED

_IN_ROW: Final = frozenset(
    {"runId", "workflowName", "deploymentId", "status", "input", "output", "error"}
    | {"errorCode", "createdAt", "startedAt", "completedAt", "executionContext"}
)
"""Fields of the row that events say; the others are kept in `legacy.row`."""


def pauses(run: Conversion, events: Iterable[Stored]) -> list[Json]:
    """The intervals in which an operator held the run."""
    out: list[Json] = []
    since: Stored | None = None
    for event in events:
        run.fates[event.source] = Fate.MERGED
        if event.type == "run_paused":
            if since is not None:
                raise event.row.bad(
                    f"run_paused, though the run is paused since {since.source}: "
                    "the run_resumed between them is missing"
                )
            since = event
        elif since is None:
            raise event.row.bad("run_resumed, though the run was not paused: an event is missing")
        else:
            out.append({"from": iso(since.at), "to": iso(event.at)})
            since = None
    if since is not None:
        out.append({"from": iso(since.at), "to": None})
        if not run.is_paused:
            run.note(
                NoteKind.CONTRADICTION,
                since.source,
                f"the log ends paused, the row says {run.status}; the row counts",
                entity=run.legacy.run_id,
            )
    if out:
        run.note(
            NoteKind.PAUSED,
            run.row.source,
            f"paused {len(out)} time{'s' if len(out) > 1 else ''}; "
            "the intervals are in executionContext.legacy.pauses",
        )
    if run.is_paused:
        _apply_policy(run)
    return out


def _apply_policy(run: Conversion) -> None:
    """What becomes of a run that is paused (D-2)."""
    if run.policy is Paused.REFUSE:
        raise run.row.bad("the run is paused, and paused runs are refused (--paused refuse)")
    what = {
        Paused.HOLD: "it is migrated as running and held until it is released",
        Paused.RUNNING: "it is migrated as running",
        Paused.CANCEL: "it is migrated as cancelled",
    }[run.policy]
    run.note(
        NoteKind.PAUSED,
        run.row.source,
        f"the run is paused; {what} (--paused {run.policy})",
        decision="D-2",
        entity=run.legacy.run_id,
    )
    if run.policy is Paused.CANCEL:
        run.status = "cancelled"


def settle_status(run: Conversion, marks: Mapping[str, list[Stored]]) -> None:
    """Let the log end a run whose row does not (D-17)."""
    for name, status in (("workflow_completed", "completed"), ("workflow_failed", "failed")):
        if not marks[name]:
            continue
        event = marks[name][0]
        if run.open:
            run.note(
                NoteKind.CONTRADICTION,
                event.source,
                f"the log says {name}, the row {run.status}; the log counts",
                decision="D-17",
                entity=run.legacy.run_id,
            )
            run.status = status
        elif run.status != status:
            run.note(
                NoteKind.CONTRADICTION,
                event.source,
                f"the log says {name}, the row {run.status}; the row counts",
                decision="D-17",
                entity=run.legacy.run_id,
            )


def created(run: Conversion, pauses: list[Json]) -> None:
    row = run.row
    at = row.moment("createdAt")
    legacy = made_of(row, "createdAt", "workflowName", "deploymentId", "input")
    keep_rest(legacy, row, _IN_ROW)
    context = row.fields.get("executionContext")
    if context is not None and not isinstance(context, dict):
        raise row.bad("executionContext is no object")
    ours = run.context
    ours |= {"format": "v1", "source": str(run.legacy.kind)}
    if pauses:
        ours["pauses"] = pauses
    if run.is_paused:
        ours["status"] = "paused"
    if bound := _bound_names(run):
        ours["names"] = bound
    if context and "legacy" in context:
        ours["legacy"] = context["legacy"]
    deployment = row.fields.get("deploymentId")
    if deployment is None:
        run.unknown(legacy, "deploymentId", row.source, "the row has none")
    run.drafts.append(
        Draft(
            data=RunCreated(
                deployment_id="" if deployment is None else plain(row, "deploymentId"),
                workflow_name=plain(row, "workflowName"),
                input=run.arguments(row, legacy, run.legacy.run_id),
                execution_context={**(context or {}), "legacy": ours},
            ),
            at=at,
            order=at,
            rank=0,
            sources=[row.source],
            legacy=legacy,
        )
    )


def _bound_names(run: Conversion) -> dict[str, Json]:
    used = {run.row.text("workflowName"): None}
    for row in run.legacy.steps:
        if name := row.text_or_none("stepName"):
            used[name] = None
    return {name: new for name in used if (new := named(run.names, name)) is not None}


def started(run: Conversion, marks: list[Stored]) -> None:
    """run_started: from the row, or else the log, or else because something happened."""
    row = run.row
    at = row.moment_or_none("startedAt")
    legacy = made_of(row, createdAt="startedAt")
    mark: Stored | None = None
    if at is not None:
        for event in marks:
            run.merged(event, "the row's startedAt says it")
    elif marks:
        mark, *others = marks
        at = mark.at
        legacy = {"source": mark.source}
        for event in others:
            run.archive(NoteKind.DUPLICATE, event, "workflow_started came before", "D-12")
    elif len(run.drafts) > 1 or run.status in ("running", "completed", "paused"):
        at = run.drafts.earliest
        dict_in(legacy, "inferred")["createdAt"] = "the first thing that happened on the run"
        run.note(
            NoteKind.INFERRED, row.source, "the row has no startedAt", entity=run.legacy.run_id
        )
    if at is None:
        return
    run.drafts.append(
        Draft(
            data=RunStarted(),
            at=at,
            order=run.by_events_clock(at),
            rank=1,
            sources=[mark.source if mark else row.source],
            legacy=legacy,
            stored=mark,
        )
    )


def end(run: Conversion, marks: Mapping[str, list[Stored]]) -> None:
    """The end of the run, from the row, or else from the log."""
    ends = marks["workflow_completed"] + marks["workflow_failed"]
    data: EventData
    row = run.row
    mark = ends[0] if ends and row.text("status") in ("pending", "running", "paused") else None
    legacy: dict[str, Json] = {}
    if run.open:
        return
    for event in ends:
        if event is not mark:
            run.merged(event, f"the row says {run.status}")
    at, legacy = _end_time(run, mark)
    if run.status == "completed":
        output = row.fields.get("output")
        came_from(legacy, "output", f"{row.source}#output")
        if output is None and run.legacy.values is ValueForm.FLAT:
            output = UNDEFINED
            if mark is not None:
                run.unknown(legacy, "output", row.source, "the row has none")
        value = run.value(output, "output", row.source, legacy, run.legacy.run_id)
        data = RunCompleted(output=value)
    elif run.status == "failed":
        data = _run_failed(run, mark, legacy)
    else:
        data = RunCancelled(
            reason="paused in the legacy log; cancelled by its migration" if run.is_paused else None
        )
    run.drafts.append(
        Draft(
            data=data,
            at=at,
            order=at if mark else run.by_events_clock(at),
            rank=RANK_END,
            sources=[mark.source if mark else row.source],
            legacy=legacy,
            stored=mark,
        )
    )


def _end_time(run: Conversion, mark: Stored | None) -> tuple[datetime, dict[str, Json]]:
    """When the run ended, and where that comes from."""
    row = run.row
    if mark is not None:
        return mark.at, {"source": mark.source}
    at = row.moment_or_none("completedAt")
    if at is not None:
        return at, made_of(row, createdAt="completedAt")
    legacy = made_of(row, createdAt="updatedAt")
    at = row.moment_or_none("updatedAt")
    if at is None:
        at = run.drafts.latest
        legacy = {"source": row.source, "synthesised": True}
    why = f"the row is {row.text('status')} and has no completedAt"
    dict_in(legacy, "inferred")["createdAt"] = why
    run.note(NoteKind.INFERRED, row.source, why, decision="D-18", entity=run.legacy.run_id)
    return at, legacy


def _run_failed(run: Conversion, mark: Stored | None, legacy: dict[str, Json]) -> RunFailed:
    row = run.row
    error = row.fields.get("error")
    came_from(legacy, "error", f"{row.source}#error")
    if error is None and mark is not None:
        error = mark.data.get("error")
        came_from(legacy, "error", f"{mark.source}#eventData.error")
    if error is None:
        run.unknown(legacy, "error", row.source, "the row has none")
        return RunFailed(error={"message": UNKNOWN_MESSAGE})
    made = error_object(error)
    code = row.text_or_none("errorCode") or made.pop("code", None)
    if isinstance(code, str):
        came_from(legacy, "errorCode", f"{row.source}#errorCode")
    return RunFailed(error=made, error_code=code if isinstance(code, str) else None)
