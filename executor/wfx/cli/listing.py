"""Lists of runs, logs and streams as lines or as JSON objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from wfx.cli import output, quarantined, words
from wfx.cli.lookup import known_run
from wfx.cli.shapes import parked_object
from wfx.client.state import parked_of
from wfx.entities import entity_to_wire
from wfx.events import iso, to_wire
from wfx.plain import plain

if TYPE_CHECKING:
    from wfx.client import Client, Parked
    from wfx.entities import Run
    from wfx.events import Event
    from wfx.values import Json
    from wfx.world import Quarantined


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
    runs, kept, more = _page(client, filters, limit, cursor)
    reasons = reasons_of(client, runs)
    if as_json:
        shown: dict[str, Json] = {
            "runs": [
                *(run_object(run, reasons.get(run.run_id)) for run in runs),
                *(quarantined.to_json(each) for each in kept),
            ]
        }
        if more is not None:
            shown["cursor"] = more
        output.json_object(shown)
        return
    if not runs and not kept:
        output.note("no such runs" if filters or cursor else f"no runs yet in {client.world.url}")
        return
    rows = [_row(run, reasons.get(run.run_id)) for run in runs]
    rows += [quarantined.row(each) for each in kept]
    output.table([("RUN", "STATUS", "CREATED", "WORKFLOW"), *rows])
    if more is not None:
        output.note(f"… and more: --cursor {more}")


def _page(
    client: Client, filters: Mapping[str, Any], limit: int, cursor: str | None
) -> tuple[list[Run], list[Quarantined], str | None]:
    """Some runs, what is in quarantine behind the last one, and the cursor of what follows."""
    if filters.get("status") == quarantined.STATUS or quarantined.is_cursor(cursor):
        return [], *quarantined.page(client, limit, cursor, filters.get("workflow"))
    try:
        page = client.list_runs(limit=limit, cursor=cursor, **filters)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--cursor'") from None
    runs = list(page.items)
    if page.cursor is not None or filters.keys() - {"workflow"}:
        return runs, [], page.cursor
    # What is in quarantine is no run of this world.
    return runs, *quarantined.page(client, limit - len(runs), None, filters.get("workflow"))


def _row(run: Run, parked: Parked | None) -> tuple[str, str, str, str]:
    created = words.moment(run.created_at)
    return run.run_id, status_of(run, parked), created, run.workflow_name


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
