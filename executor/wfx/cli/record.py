"""`wfx record`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from wfx.cli.maps import today_option, todays_names
from wfx.cli.moments import Moment
from wfx.cli.options import CONTEXT, app_dir_option, json_option, world_option


@click.command("record", context_settings=CONTEXT)
@click.argument("run_ids", nargs=-1, metavar="RUN...")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of recordings; made if it is not there.",
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Choose up to N runs that took different paths, unlike those that DIR has already.",
)
@click.option("--workflow", metavar="NAME", help="With --sample: only runs of this workflow.")
@click.option(
    "--since",
    type=Moment(),
    help="With --sample: only runs created since, as in 7d, 12h, 2026-11-22 or an ISO time.",
)
@click.option(
    "--redact",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Replace a value by a placeholder, as in input[0].card or steps.charge.result.token; "
    "also from [tool.wfx] redact.",
)
@today_option("Where today's code is that a redacted log is tried with, as in `wfx replay`.")
@world_option
@app_dir_option
@json_option
def record_command(
    run_ids: tuple[str, ...],
    folder: Path,
    sample: int | None,
    workflow: str | None,
    since: datetime | None,
    paths: tuple[str, ...],
    maps: tuple[str, ...],
    world: str | None,
    app_dir: Path,
    as_json: bool,
) -> int:
    """
    Keep logs of runs as recordings in a folder, for `wfx replay`; their streams are left out.

    Give the runs, or let --sample choose them. A run has the same file name whenever it is
    recorded. A log whose values are replaced is replayed before it is written: when a value
    decided the path, it is not written, and that is said. Nothing of the world is changed.
    Exit code 1 when a run could not be recorded.
    """
    from wfx.cli.recording import record

    if bool(run_ids) == (sample is not None):
        raise click.UsageError("name runs, or say --sample N to have them chosen")
    if sample is None and (workflow is not None or since is not None):
        raise click.UsageError("--workflow and --since go with --sample")
    return record(
        run_ids,
        folder,
        sample=sample,
        workflow=workflow,
        since=since,
        paths=paths,
        maps=todays_names(maps),
        url=world,
        app_dir=app_dir,
        as_json=as_json,
    )
