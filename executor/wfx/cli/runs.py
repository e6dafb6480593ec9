"""`wfx runs`: what there is, and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wfx.cli.options import CONTEXT, Group, json_option, world_option

if TYPE_CHECKING:
    from collections.abc import Callable

_STATUSES = ["pending", "running", "completed", "failed", "cancelled", "parked"]


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        json_option,
        world_option,
        click.option("--cursor", metavar="TEXT", help="Go on where an earlier list ended."),
        click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True),
        click.option("--workflow", metavar="NAME", help="Only runs of this workflow."),
        click.option("--parked", is_flag=True, help="Only runs that cannot go on by themselves."),
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
    *,
    status: str | None,
    parked: bool,
    workflow: str | None,
    limit: int,
    cursor: str | None,
    world: str | None,
    as_json: bool,
) -> None:
    from wfx.cli.listing import show_runs
    from wfx.cli.opening import existing

    with existing(world) as client:
        show_runs(
            client,
            status=None if status == "parked" else status,
            parked=True if parked or status == "parked" else None,
            workflow=workflow,
            limit=limit,
            cursor=cursor,
            as_json=as_json,
        )


@runs_command.command("show", context_settings=CONTEXT)
@click.argument("run_id", metavar="RUN")
@world_option
@json_option
def show(run_id: str, world: str | None, as_json: bool) -> None:
    """Show a run: its arguments, its result, its steps, what it waits for."""
    from wfx.cli.listing import show_run
    from wfx.cli.opening import existing

    with existing(world) as client:
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

    with existing(world) as client:
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

    with existing(world) as client:
        show_stream(client, run_id, name, follow=follow, as_json=as_json)
