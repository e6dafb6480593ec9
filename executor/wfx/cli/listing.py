"""Runs, logs and streams as lines or as JSON objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from wfx.binding import taken_of
from wfx.cli import output, quarantined, words
from wfx.cli.lookup import known_run, quarantine_of
from wfx.cli.shapes import parked_object, waiting_object
from wfx.client.state import parked_of
from wfx.divergence.report import report_from_json
from wfx.divergence.telling import report_lines
from wfx.entities import entity_to_wire
from wfx.events import iso, to_wire
from wfx.plain import plain
from wfx.world import Page

if TYPE_CHECKING:
    from wfx.client import Client, Parked
    from wfx.client.state import RunState
    from wfx.entities import Run, Step
    from wfx.events import Event
    from wfx.values import Json
    from wfx.world import Quarantined

_STEPS_SHOWN: Final = 100
_VALUE_MAX: Final = 400


# -- runs ---------------------------------------------------------------------------------


def show_runs(
    client: Client,
    filters: Mapping[str, Any],
    *,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    """`wfx runs list`."""
    only_kept = filters.get("status") == quarantined.STATUS or quarantined.is_cursor(cursor)
    try:
        page: Page[Run] = (
            Page([]) if only_kept else client.list_runs(limit=limit, cursor=cursor, **filters)
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--cursor'") from None
    kept: list[Quarantined] = []
    more = page.cursor
    if only_kept or (more is None and not filters.keys() - {"workflow"}):
        # They are no runs of this world, so they come behind the last one.
        left, after = limit - len(page.items), cursor if only_kept else None
        kept, more = quarantined.page(client, left, after, filters.get("workflow"))
    reasons = reasons_of(client, page.items)
    if as_json:
        shown: dict[str, Json] = {
            "runs": [
                *(run_object(run, reasons.get(run.run_id)) for run in page.items),
                *(quarantined.to_json(each) for each in kept),
            ]
        }
        if more is not None:
            shown["cursor"] = more
        output.json_object(shown)
        return
    if not page.items and not kept:
        output.note("no such runs" if filters or cursor else f"no runs yet in {client.world.url}")
        return
    rows = [
        (
            run.run_id,
            status_of(run, reasons.get(run.run_id)),
            words.moment(run.created_at),
            run.workflow_name,
        )
        for run in page.items
    ]
    rows += [quarantined.row(each) for each in kept]
    output.table([("RUN", "STATUS", "CREATED", "WORKFLOW"), *rows])
    if more is not None:
        output.note(f"… and more: --cursor {more}")


def reasons_of(client: Client, runs: Iterable[Run]) -> dict[str, Parked]:
    """Why those of the runs are parked that are."""
    tasks = client.world.queue.get_many([run.run_id for run in runs if not run.ended])
    found = ((run_id, parked_of(task)) for run_id, task in tasks.items())
    return {run_id: parked for run_id, parked in found if parked is not None}


def status_of(run: Run, parked: Parked | None) -> str:
    """A run's status in a word or two."""
    return f"parked ({parked.reason})" if parked else str(run.status)


def run_object(run: Run, parked: Parked | None) -> dict[str, Json]:
    """A run as `--json` shows it."""
    shown = entity_to_wire(run)
    if parked is not None:
        shown["parked"] = parked_object(parked)
    return shown


# -- a run --------------------------------------------------------------------------------


def show_run(client: Client, run_id: str, *, given_world: str | None, as_json: bool) -> None:
    """`wfx runs show`."""
    kept = quarantine_of(client, run_id)
    if kept is not None:
        quarantined.show(kept, as_json=as_json)
        return
    known_run(client, run_id)
    state = client.state(run_id)
    world = client.world
    steps = world.steps.list(run_id, limit=_STEPS_SHOWN)
    streams = world.streams.list(run_id)
    if as_json:
        shown = run_object(state.run, state.parked)
        if not state.run.ended and state.parked is None:
            shown["waitingFor"] = waiting_object(state.waiting_for)
        if taken := taken_of(state.run.execution_context):
            shown["takenTokens"] = dict(taken)
        shown["steps"] = [entity_to_wire(step) for step in steps.items]
        shown["hooks"] = [entity_to_wire(hook) for hook in world.hooks.list(run_id=run_id).items]
        shown["waits"] = [entity_to_wire(wait) for wait in world.waits.list(run_id).items]
        shown["streams"] = [
            {"stream": each.stream, "chunks": each.chunks, "closed": each.closed}
            for each in streams
        ]
        output.json_object(shown)
        return
    run = state.run
    output.line(f"{run.run_id} {status_of(run, state.parked)}")
    for name, text in _facts(run):
        output.line(f"  {name:<9} {text}")
    if state.parked is not None:
        report = report_from_json(state.parked.detail)
        if report is None:
            output.line(f"  parked    {state.parked.message}")
        else:
            output.line(f"  parked    it diverged at position {report.position}")
            for parts in report_lines(report):
                output.styled(parts)
    elif not run.ended:
        for line in _open_lines(state, given_world):
            output.line(f"  {line}")
    if steps.items:
        output.line("steps")
    for step in steps.items:
        output.line(f"  {_step_line(step, run.workflow_name)}")
    if steps.cursor is not None:
        output.line("  …")
    for each in streams:
        command = words.command("runs", "stream", run_id, each.stream, world=given_world)
        output.line(f"stream {each.stream}: {each.chunks} chunks, see {command}")


def _open_lines(state: RunState, given_world: str | None) -> Iterator[str]:
    """What an open run waits for, and what it would wait for in vain."""
    run = state.run
    taken = taken_of(run.execution_context)
    for token, holder in taken.items():
        cancel = words.command("cancel", run.run_id, world=given_world)
        yield (
            f"its token {token!r} belonged to {holder} when it was migrated, and its hook is "
            f"disposed: if it waits for a payload there, it waits for ever; {cancel} ends it"
        )
    if state.waiting_for or not taken:
        now = datetime.now(UTC)
        waits = words.waits(
            state.waiting_for, now=now, workflow_name=run.workflow_name, world=given_world
        )
        yield from waits.lines(now)


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "workflow", run.workflow_name
    arguments = run.input if isinstance(run.input, list) else [run.input]
    given = [_value(argument) for argument in arguments]
    given += [f"{name}={_value(value)}" for name, value in (run.kwargs or {}).items()]
    yield "arguments", ", ".join(given) or "none"
    yield "created", words.moment(run.created_at)
    if run.completed_at is not None:
        begun = run.started_at or run.created_at
        took = words.span((run.completed_at - begun).total_seconds())
        yield "ended", f"{words.moment(run.completed_at)} after {took}"
    if run.error is not None:
        yield "error", words.error_line(run.error)
    if run.cancel_reason is not None:
        yield "reason", run.cancel_reason
    if str(run.status) == "completed":
        yield "output", _value(run.output)


def _step_line(step: Step, workflow_name: str) -> str:
    text = f"{step.step_id} {words.short(step.step_name, workflow_name)} {step.status}"
    if step.attempt > 1:
        text += f", attempt {step.attempt}"
    if step.retry_after is not None and not step.ended:
        text += f", next attempt at {words.moment(step.retry_after)}"
    if step.error is not None:
        what = "error" if str(step.status) == "failed" else "last error"
        text += f", {what}: {words.clipped(words.error_line(step.error))}"
    return text


def _value(tree: Json) -> str:
    return words.clipped(json.dumps(plain(tree), ensure_ascii=False), _VALUE_MAX)


# -- a log --------------------------------------------------------------------------------


def show_events(client: Client, run_id: str, from_position: int, *, as_json: bool) -> None:
    """`wfx runs events`."""
    workflow_name = known_run(client, run_id).workflow_name
    log = client.events(run_id, from_position)
    if as_json:
        output.json_list("events", (to_wire(event) for event in log))
        return
    for event in log:
        output.line(event_line(event, workflow_name))


def event_line(event: Event, workflow_name: str) -> str:
    """An event in a line."""
    moment = iso(event.created_at)[:23].replace("T", " ")
    about = event.correlation_id or ""
    text = f"{event.position:>5} {moment} {event.type:<15} {about}"
    return f"{text} {_said(event, workflow_name)}".rstrip()


def _said(event: Event, workflow_name: str) -> str:
    """What an event says beside its type, in short."""
    wire = to_wire(event)["eventData"]
    data = wire if isinstance(wire, dict) else {}
    said = []
    call = data.get("call")
    for name, value in data.items():
        if name in ("call", "executionContext", "deploymentId", "schema", "queue"):
            continue
        if name == "token" and value is None:
            # A log of v1 does not have it.
            said.append("token unknown")
        elif name == "error" and isinstance(value, dict):
            said.append(words.clipped(words.error_line(value)))
        elif name == "stepName":
            said.append(words.short(str(value), workflow_name))
        elif name in ("workflowName", "token", "retryAfter", "resumeAt", "effect", "key"):
            said.append(str(value))
        elif name == "attempt":
            said.append(f"attempt {value}")
        elif name != "delay":
            said.append(words.clipped(json.dumps(plain(value), ensure_ascii=False), 100))
    if isinstance(call, dict) and call.get("place"):
        said.append(f"at {call['place']}")
    return " ".join(said)


# -- a stream -----------------------------------------------------------------------------


def show_stream(client: Client, run_id: str, name: str, *, follow: bool, as_json: bool) -> None:
    """`wfx runs stream`."""
    known_run(client, run_id)
    chunks = client.stream(run_id, name, follow=follow)
    if as_json:
        output.json_list(
            "chunks",
            (
                {
                    "index": chunk.index,
                    "stepId": chunk.step_id,
                    "attempt": chunk.attempt,
                    "data": chunk.data.decode(errors="replace"),
                }
                for chunk in chunks
            ),
        )
        return
    count = -1
    for count, chunk in enumerate(chunks):  # noqa: B007 (counted below)
        output.raw(chunk.data)
    if count < 0:
        others = [each.stream for each in client.world.streams.list(run_id)]
        there = f"; there is {words.listed(others)}" if others else ""
        output.note(f"nothing was written to stream {name!r} of {run_id}{there}")
