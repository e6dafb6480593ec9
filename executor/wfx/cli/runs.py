"""`wfx runs`: what there is, and what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wfx.cli.moments import Moment
from wfx.cli.options import (
    CONTEXT,
    PARK_REASONS,
    Group,
    json_option,
    world_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_ENDS: Final = ["completed", "failed", "cancelled"]
_STATUSES: Final = ["pending", "running", *_ENDS, "parked", "quarantined"]


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        json_option,
        world_option,
        click.option("--cursor", metavar="TEXT", help="Go on where an earlier list ended."),
        click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True),
        click.option("--workflow", metavar="NAME", help="Only runs of this workflow."),
        click.option(
            "--queue", metavar="NAME", help="Only runs that have an open step in this queue."
        ),
        click.option(
            "--since",
            type=Moment(),
            help="Only runs created since, as in 7d, 12h, 2026-11-22 or an ISO time.",
        ),
        click.option(
            "--parked",
            is_flag=False,
            flag_value="any",
            type=click.Choice(["any", *PARK_REASONS]),
            help="Only runs that cannot go on by themselves, for any or for this reason.",
        ),
        click.option("--status", type=click.Choice(_STATUSES), help="Only runs of this status."),
    ):
        function = option(function)
    return function


@click.group("runs", cls=Group, context_settings=CONTEXT, invoke_without_command=True)
@_filters
@click.pass_context
def runs_command(context: click.Context, /, **filters: Any) -> None:
    """
    List runs, or look into one.

    With `--world v1:SOURCE` a legacy source is looked into, without migrating it: what SOURCE
    may be, `wfx migrate --help` says.
    """
    if context.invoked_subcommand is None:
        _list(**filters)


@runs_command.command("list", context_settings=CONTEXT)
@_filters
@click.pass_context
def list_runs(context: click.Context, /, **filters: Any) -> None:
    """List runs, the newest first."""
    _list(**{**filters, **_given_above(context, filters)})


def _given_above(context: click.Context, filters: dict[str, Any]) -> dict[str, Any]:
    """Options written before `list`, as in `wfx runs --json list`."""
    parent = context.parent
    if parent is None:
        return {}
    return {
        name: value
        for name, value in parent.params.items()
        if name in filters
        and parent.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }


def _list(
    *, cursor: str | None, world: str | None, as_json: bool, limit: int, **filters: Any
) -> None:
    from wfx.cli.listing import show_runs
    from wfx.cli.opening import existing

    with existing(world, read_only=True) as client:
        show_runs(client, wanted(**filters), limit=limit, cursor=cursor, as_json=as_json)


def wanted(
    *,
    status: str | None,
    parked: str | None,
    workflow: str | None,
    queue: str | None,
    since: datetime | None,
) -> dict[str, Any]:
    """The filters of a list as `Client.list_runs` takes them; only those that are given."""
    if status == "parked":
        status, parked = None, parked or "any"
    filters = {
        "status": status,
        "parked": True if parked == "any" else parked,
        "workflow": workflow,
        "queue": queue,
        "created_after": since,
    }
    return {name: value for name, value in filters.items() if value is not None}


@runs_command.command("show", context_settings=CONTEXT)
@click.argument("run_id", metavar="RUN")
@world_option
@json_option
def show(run_id: str, world: str | None, as_json: bool) -> None:
    """Show a run: its arguments, its result, its steps, what it waits for."""
    from wfx.cli.opening import existing
    from wfx.cli.showing import show_run

    with existing(world, read_only=True) as client:
        show_run(client, run_id, given_world=world, as_json=as_json)


@runs_command.command("events", context_settings=CONTEXT)
@click.argument("run_id", metavar="RUN")
@click.option(
    "--from",
    "from_position",
    type=click.IntRange(0),
    default=0,
    metavar="POSITION",
    help="Begin at this position of the log.",
)
@world_option
@json_option
def events(run_id: str, from_position: int, world: str | None, as_json: bool) -> None:
    """Show a run's log."""
    from wfx.cli.listing import show_events
    from wfx.cli.opening import existing

    with existing(world, read_only=True) as client:
        show_events(client, run_id, from_position, as_json=as_json)


@runs_command.command("stream", context_settings=CONTEXT)
@click.argument("run_id", metavar="RUN")
@click.argument("name", default="default")
@click.option("--follow", "-f", is_flag=True, help="Wait for more until the stream or run ends.")
@world_option
@json_option
def stream(run_id: str, name: str, follow: bool, world: str | None, as_json: bool) -> None:
    """Write out what a run's steps wrote to a stream (NAME is `default` unless given)."""
    from wfx.cli.listing import show_stream
    from wfx.cli.opening import existing

    with existing(world, read_only=not follow) as client:
        show_stream(client, run_id, name, follow=follow, as_json=as_json)


@runs_command.command("watch", context_settings=CONTEXT)
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs."
)
@click.option("--workflow", metavar="NAME", help="Only runs of this workflow.")
@world_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def watch(
    run_id: str | None, limit: int, workflow: str | None, world: str | None, as_json: bool
) -> int:
    """
    Look on while things happen.

    With RUN: each event of its log as it is written, until the run has ended. Without: the
    newest runs, on a terminal as a table that changes in place, elsewhere a line for each
    run that changes, until Ctrl-C.
    """
    from wfx.cli.opening import existing
    from wfx.cli.watching import watch_run, watch_runs

    with existing(world) as client:
        if run_id is not None:
            return watch_run(client, run_id, as_json=as_json)
        return watch_runs(client, workflow=workflow, limit=limit, as_json=as_json)


@runs_command.command("prune", context_settings=CONTEXT)
@click.option(
    "--older-than",
    "--before",
    "ended_before",
    type=Moment(),
    required=True,
    help="Only runs that ended before, as in 90d, 12h, 2026-11-22 or an ISO time.",
)
@click.option("--workflow", metavar="NAME", help="Only runs of this workflow.")
@click.option("--status", type=click.Choice(_ENDS), help="Only runs that ended like this.")
@click.option(
    "--with-originals",
    "originals",
    is_flag=True,
    help="Also migrated runs, with the source records that are kept beside them.",
)
@click.option(
    "--export",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write each run's recording there first, and delete only what is on the disk.",
)
@click.option("--dry-run", is_flag=True, help="Delete nothing; say what would be deleted.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@world_option
@json_option
@click.pass_context
def prune(context: click.Context, /, world: str | None, **how: Any) -> int:
    """
    Delete runs that ended long ago, for good.

    Each goes with its events, steps, hooks, waits and streams, in small transactions: workers
    go on meanwhile. If it is interrupted or killed, every run is there whole or gone, and the
    next time goes on. A run that has not ended is never deleted, nor one of which a step
    still runs, nor, without --with-originals, one that was migrated and has its originals.

    \b
    wfx runs prune --older-than 90d --dry-run
    wfx runs prune --older-than 90d --export /backup/runs --yes
    """
    from wfx.cli.pruning import prune_runs

    above = context.parent.params if context.parent is not None else {}
    given = _given_above(context, above)
    given.pop("as_json", None)  # it is for both
    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"write {names} behind `prune`, if it is an option of it")
    how["as_json"] = how["as_json"] or context.meta.get("wfx.json", False)
    return prune_runs(world, **how)
