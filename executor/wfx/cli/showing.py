"""A run as lines or as a JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from wfx.binding import taken_of
from wfx.cli import output, quarantined, words
from wfx.cli.listing import run_object, status_of
from wfx.cli.lookup import known_run, quarantine_of
from wfx.cli.shapes import waiting_object
from wfx.divergence.report import report_from_json
from wfx.divergence.telling import report_lines
from wfx.entities import entity_to_wire
from wfx.plain import plain
from wfx.world import all_items

if TYPE_CHECKING:
    from wfx.client import Client, Parked
    from wfx.client.state import RunState
    from wfx.entities import Run, Step
    from wfx.values import Json
    from wfx.world import Page, World

_STEPS_SHOWN: Final = 100
_PAGE: Final = 1000
_VALUE_MAX: Final = 400


def show_run(client: Client, run_id: str, *, given_world: str | None, as_json: bool) -> None:
    """`wfx runs show`."""
    kept = quarantine_of(client, run_id)
    if kept is not None:
        quarantined.show(kept, as_json=as_json)
        return
    known_run(client, run_id)
    state = client.state(run_id)
    if as_json:
        output.json_object(_object(client.world, state))
    else:
        _tell(client.world, state, given_world)


def _object(world: World, state: RunState) -> dict[str, Json]:
    run_id = state.run.run_id
    shown = run_object(state.run, state.parked)
    if not state.run.ended and state.parked is None:
        shown["waitingFor"] = waiting_object(state.waiting_for)
    if taken := taken_of(state.run.execution_context):
        shown["takenTokens"] = dict(taken)
    shown["steps"] = _all(partial(world.steps.list, run_id))
    shown["hooks"] = _all(partial(world.hooks.list, run_id=run_id))
    shown["waits"] = _all(partial(world.waits.list, run_id))
    shown["streams"] = [
        {"stream": each.stream, "chunks": each.chunks, "closed": each.closed}
        for each in world.streams.list(run_id)
    ]
    return shown


def _all(page_of: Callable[..., Page[Any]]) -> list[Json]:
    entities = all_items(lambda cursor: page_of(limit=_PAGE, cursor=cursor))
    return [entity_to_wire(entity) for entity in entities]


def _tell(world: World, state: RunState, given_world: str | None) -> None:
    run = state.run
    output.line(f"{run.run_id} {status_of(run, state.parked)}")
    for name, text in _facts(run):
        output.line(f"  {name:<9} {text}")
    for text in words.stack_of(run.error or {}).splitlines():
        output.line(f"    {text}".rstrip())
    if state.parked is not None:
        _tell_parked(state.parked)
    elif not run.ended:
        for line in _open_lines(state, given_world):
            output.line(f"  {line}")
    steps = world.steps.list(run.run_id, limit=_STEPS_SHOWN)
    if steps.items:
        output.line("steps")
    for step in steps.items:
        output.line(f"  {_step_line(step, run.workflow_name)}")
    if steps.cursor is not None:
        log = words.command("runs", "events", run.run_id, world=given_world)
        output.line(f"  … and more, see {log}")
    for each in world.streams.list(run.run_id):
        command = words.command("runs", "stream", run.run_id, each.stream, world=given_world)
        output.line(f"stream {each.stream}: {each.chunks} chunks, see {command}")


def _tell_parked(parked: Parked) -> None:
    report = report_from_json(parked.detail)
    if report is None:
        output.line(f"  parked    {parked.message}")
        return
    output.line(f"  parked    it diverged at position {report.position}")
    for parts in report_lines(report):
        output.styled(parts)


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
