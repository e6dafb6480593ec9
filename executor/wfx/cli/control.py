"""`wfx cancel` and `wfx release`."""

from __future__ import annotations

from pathlib import Path

import click

from wfx.cli import output
from wfx.cli.maps import names_option, recorded_names
from wfx.cli.options import (
    CONTEXT,
    PARK_REASONS,
    app_dir_option,
    json_option,
    world_option,
)


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
@click.argument("run_id", metavar="RUN", required=False)
@click.option("--all-parked", is_flag=True, help="Every parked run, instead of one.")
@click.option(
    "--workflow", metavar="NAME", help="With --all-parked: only runs of this recorded workflow."
)
@click.option(
    "--reason",
    type=click.Choice(PARK_REASONS),
    help="With --all-parked: only runs that are parked for this reason.",
)
@names_option
@app_dir_option
@world_option
@json_option
def release_command(
    run_id: str | None,
    all_parked: bool,
    workflow: str | None,
    reason: str | None,
    maps: tuple[str, ...],
    app_dir: Path,
    world: str | None,
    as_json: bool,
) -> int:
    """
    Let a parked run be tried again.

    \b
    wfx release RUN [--map OLD=module:function]...
    wfx release --all-parked [--workflow NAME] [--reason REASON] [--map OLD=module:function]...

    A worker, or `wfx run --resume RUN`, then goes on with it. `wfx runs show RUN` says why
    it was parked.

    With --map, the names that an older system recorded are bound first, for good: the run's
    log is replayed, and a run that the code does not fit stays parked and unbound (exit code
    1). With --all-parked, that is done for the runs of all workflows that are named.
    """
    from wfx.cli.releasing import release_all, release_one

    names = recorded_names(maps)
    if all_parked == (run_id is not None):
        raise click.UsageError("name one run, or say --all-parked")
    if run_id is not None:
        if workflow is not None or reason is not None:
            raise click.UsageError("--workflow and --reason go with --all-parked")
        return release_one(run_id, names, world, app_dir=app_dir, as_json=as_json)
    return release_all(workflow, reason, names, world, app_dir=app_dir, as_json=as_json)
