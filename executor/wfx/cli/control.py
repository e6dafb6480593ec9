"""`wfx cancel` and `wfx release`."""

from __future__ import annotations

import click

from wfx.cli import output
from wfx.cli.options import CONTEXT, json_option, world_option


@click.command("cancel", context_settings=CONTEXT)
@click.argument("run_id", metavar="RUN")
@click.option("--reason", metavar="TEXT", help="Kept in the log.")
@world_option
@json_option
def cancel_command(run_id: str, reason: str | None, world: str | None, as_json: bool) -> None:
    """
    Cancel a run.

    Its steps that have not begun never do; what is running may finish, and its outcome is
    kept. Cancelling it again does nothing.
    """
    from wfx.cli.lookup import known_run
    from wfx.cli.opening import existing

    with existing(world) as client:
        known_run(client, run_id)
        client.cancel(run_id, reason)
    if as_json:
        output.json_object({"runId": run_id, "status": "cancelled"})
    else:
        output.line(f"{run_id} cancelled")


@click.command("release", context_settings=CONTEXT)
@click.argument("run_id", metavar="RUN")
@world_option
@json_option
def release_command(run_id: str, world: str | None, as_json: bool) -> None:
    """
    Let a parked run be tried again.

    A worker, or `wfx run --resume RUN`, then goes on with it. `wfx runs show RUN` says why
    it was parked.
    """
    from wfx.cli.lookup import known_run
    from wfx.cli.opening import existing
    from wfx.errors import RunGone

    with existing(world) as client:
        run = known_run(client, run_id)
        if run.ended:
            raise RunGone(run_id=run_id, run_status=str(run.status))
        released = client.release(run_id)
    if as_json:
        output.json_object({"runId": run_id, "released": released})
    else:
        output.line(f"{run_id} released" if released else f"{run_id} was not parked")
