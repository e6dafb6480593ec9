"""`wfx export` and `wfx import`."""

from __future__ import annotations

from pathlib import Path

import click

from wfx.cli import output
from wfx.cli.options import CONTEXT, json_option, world_option


@click.command("export", context_settings=CONTEXT)
@click.argument("run_id", metavar="RUN")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write here instead of stdout; a file that is there is replaced when all is written.",
)
@world_option
def export_command(run_id: str, file: Path | None, world: str | None) -> None:
    """
    Write a run's log as a recording.

    A recording is JSON Lines: a header, then one event a line. `wfx replay` judges code by
    it, `wfx import` reads it back.
    """
    from wfx.cli.filing import export_run
    from wfx.cli.lookup import known_run
    from wfx.cli.opening import existing

    with existing(world) as client:
        known_run(client, run_id)
        count = export_run(client, run_id, file)
    if file is not None:
        output.note(f"{run_id}: {count} events in {file}")


@click.command("import", context_settings=CONTEXT)
@click.argument("file", type=click.Path(path_type=Path))
@world_option
@json_option
def import_command(file: Path, world: str | None, as_json: bool) -> None:
    """
    Read a recording back into a world.

    Ids and times are kept. A run that has not ended is parked until `wfx release`, so that
    it does not go on in two worlds by accident. Importing it again changes nothing.
    """
    from wfx.cli.filing import import_recording
    from wfx.client import Client
    from wfx.recording import read_recording

    recording = read_recording(file)
    with Client(world) as client:
        status, parked = import_recording(client, recording)
    run_id, count = recording.run_id, len(recording.events)
    if as_json:
        output.json_object({"runId": run_id, "status": status, "events": count, "parked": parked})
        return
    output.line(f"{run_id} {status}, {count} events")
    if parked:
        output.note(f"It is parked; `wfx release {run_id}` lets it go on.")
