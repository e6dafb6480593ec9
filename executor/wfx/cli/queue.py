"""`wfx queue`: what waits, who works on what, and how much may run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wfx.cli import output
from wfx.cli.options import CONTEXT, Group, json_option, world_option

if TYPE_CHECKING:
    from wfx.queues import Rate


class _RateType(click.ParamType):  # type: ignore[type-arg]  # not generic in older clicks
    name = "RATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Rate:
        from wfx.queues import Rate

        try:
            return Rate.parse(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


@click.group("queue", cls=Group, context_settings=CONTEXT, invoke_without_command=True)
@world_option
@json_option
@click.pass_context
def queue_command(context: click.Context, world: str | None, as_json: bool) -> None:
    """
    Show the queues: what is ready and since when, who holds what, who serves which queue.

    \b
    READY      runs and steps that a worker may take now; OLDEST: since when the first of them is
    RUNNING    under a claim that lasts
    DELAYED    steps that will be tried again later
    SUSPENDED  runs that wait for a payload, a moment or a step
    WAITS      moments that runs wait for; DUE: those that have come
    PARKED     cannot go on by themselves, see `wfx runs list --parked`
    """
    if context.invoked_subcommand is None:
        from wfx.cli.opening import existing
        from wfx.cli.queues import show_queues

        with existing(world) as client:
            show_queues(client, as_json=as_json)


@queue_command.command("limit", context_settings=CONTEXT)
@click.argument("queue", metavar="QUEUE")
@click.option("--concurrency", type=click.IntRange(0), help="Steps at the same time; 0 stops it.")
@click.option("--rate", type=_RateType(), help="Attempts that start, such as 100/minute.")
@click.option("--concurrency-per-key", type=click.IntRange(0), help="The same for each key.")
@click.option("--rate-per-key", type=_RateType(), help="The same for each key.")
@click.option("--none", "nothing", is_flag=True, help="No limits any more.")
@world_option
@json_option
def limit_command(
    queue: str, nothing: bool, world: str | None, as_json: bool, **limits: Any
) -> None:
    """
    Set the limits of a queue, for all workers, from now on.

    They replace those that the queue has. The key of a step is what `@step(key=...)` names.
    A worker whose project sets limits for the queue (`[tool.wfx.queues]`) sets these again
    when it starts.
    """
    given = {name: value for name, value in limits.items() if value is not None}
    if bool(given) == nothing:
        raise click.UsageError("give limits, or --none, and not both")
    from wfx.cli.opening import existing
    from wfx.cli.queues import limits_object, limits_text
    from wfx.queues import QueueLimits

    try:
        wanted = QueueLimits(**given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with existing(world) as client:
        client.limit_queue(queue, wanted)
    if as_json:
        output.json_object({"queue": queue, "limits": limits_object(wanted)})
    else:
        output.line(f"{queue}: {limits_text(wanted)}")
