"""`wfx runs watch`: runs and logs as they change, in place on a terminal, else line by line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Final

from wfx.cli import output, words
from wfx.cli.errors import Exit
from wfx.cli.listing import event_line, reasons_of, run_object, status_of
from wfx.cli.lookup import known_run
from wfx.errors import WorldUnavailable
from wfx.events import RUN_ENDS, to_wire

if TYPE_CHECKING:
    from wfx.client import Client, Parked
    from wfx.entities import Run
    from wfx.world import Watch

_NET_SECONDS: Final = 1.0
"""How often to look when nothing is told; a wake may get lost."""
_PAUSE_SECONDS: Final = 0.25
"""Between two looks: a busy world changes more often than anybody can read."""


def watch_run(client: Client, run_id: str, *, as_json: bool) -> int:
    """A run's events as they are written, until it has ended."""
    workflow_name = known_run(client, run_id).workflow_name
    position = 0
    try:
        with closing(client.world.watch()) as watch:
            while True:
                for event in client.events(run_id, position):
                    position = event.position + 1
                    if as_json:
                        output.json_object(to_wire(event))
                    else:
                        output.line(event_line(event, workflow_name))
                    if isinstance(event.data, RUN_ENDS):
                        return Exit.DONE
                output.flush()
                if client.world.runs.get(run_id, "none").ended:
                    return Exit.DONE
                _wait(watch)
    except KeyboardInterrupt:
        return Exit.DONE


def watch_runs(client: Client, *, workflow: str | None, limit: int, as_json: bool) -> int:
    """The newest runs as they change, until Ctrl-C."""
    looks = _looks(client, workflow, limit)
    try:
        if not as_json and output.is_result_terminal():
            _table(looks)
        else:
            _lines(looks, as_json=as_json)
    except KeyboardInterrupt:
        return Exit.DONE
    return Exit.DONE


def _looks(
    client: Client, workflow: str | None, limit: int
) -> Iterator[list[tuple[Run, Parked | None]]]:
    """The newest runs, again and again when something may have changed."""
    with closing(client.world.watch()) as watch:
        while True:
            runs = client.list_runs(workflow=workflow, limit=limit).items
            reasons = reasons_of(client, runs)
            yield [(run, reasons.get(run.run_id)) for run in runs]
            _wait(watch)


def _wait(watch: Watch) -> None:
    try:
        watch.wait(_NET_SECONDS)
    except WorldUnavailable as error:
        if not error.transient:
            raise
    time.sleep(_PAUSE_SECONDS)


def _lines(looks: Iterator[list[tuple[Run, Parked | None]]], *, as_json: bool) -> None:
    """A line for each run that is new or changed."""
    seen: dict[str, str] = {}
    for look in looks:
        now: dict[str, str] = {}
        for run, parked in reversed(look):
            status = status_of(run, parked)
            now[run.run_id] = status
            if seen.get(run.run_id) == status:
                continue
            if as_json:
                output.json_object(run_object(run, parked))
            else:
                moment = words.moment(run.updated_at)
                output.line(f"{run.run_id} {moment} {status} {run.workflow_name}")
        output.flush()
        seen = now


def _table(looks: Iterator[list[tuple[Run, Parked | None]]]) -> None:
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    from wfx.cli.drawing import Terminal

    with Live(console=Terminal(), auto_refresh=False, vertical_overflow="crop") as live:
        shown: object = None
        for look in looks:
            if shown == look:
                continue
            shown = look
            table = Table.grid(padding=(0, 2))
            table.add_row(*(Text(word, style="dim") for word in _HEADING))
            for run, parked in look:
                table.add_row(
                    Text(run.run_id),
                    Text(status_of(run, parked), style=_STYLES.get(str(run.status), "")),
                    Text(words.moment(run.updated_at)),
                    Text(run.workflow_name),
                )
            live.update(table, refresh=True)


_HEADING: Final = ("RUN", "STATUS", "CHANGED", "WORKFLOW")
_STYLES: Final = {"completed": "green", "failed": "red", "running": "cyan", "cancelled": "dim"}
