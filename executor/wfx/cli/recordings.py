"""`wfx export` and `wfx import`."""

from __future__ import annotations

from pathlib import Path

import click

from wfx.cli import output, words
from wfx.cli.options import CONTEXT, json_option, world_option


@click.command("export", context_settings=CONTEXT)
@click.argument("words", nargs=-1, required=True, metavar="RUN | DIR [RUN]...")
@click.option(
    "--format",
    "format",
    type=click.Choice(["recording", "workflow-local"]),
    default="recording",
    show_default=True,
    help="A recording of one run, or a data directory of the Workflow DevKit with many.",
)
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write here instead of stdout; a file that is there is replaced when all is written.",
)
@world_option
@json_option
def export_command(
    words: tuple[str, ...], format: str, file: Path | None, world: str | None, as_json: bool
) -> None:
    """
    Write a run's log as a recording, or runs as a store of the Workflow DevKit.

    \b
    wfx export RUN [-o FILE]
    wfx export --format workflow-local DIR [RUN]...

    A recording is JSON Lines: a header, then one event a line, then what the run wrote to
    streams. `wfx replay` judges code by it, `wfx import` reads it back.

    With --format workflow-local, all runs of the world (or those that are named) are written
    to DIR, a directory that is empty or not there, in the layout that the runtime and the
    command line of workflow 4.1.0-beta.54 open. What has no counterpart there is left out
    and counted.
    """
    from wfx.cli.filing import export_run
    from wfx.cli.lookup import known_run
    from wfx.cli.opening import existing

    if format == "workflow-local":
        if file is not None:
            raise click.UsageError("-o goes with recordings; write --format workflow-local DIR")
        from wfx.cli.devkit import export_store

        export_store(Path(words[0]), words[1:], world, as_json=as_json)
        return
    if len(words) > 1:
        raise click.UsageError("a recording holds one run; export them one by one")
    if as_json and file is None:
        raise click.UsageError("a recording is JSON Lines already; --json goes with -o FILE")
    (run_id,) = words
    with existing(world, read_only=True) as client:
        known_run(client, run_id)
        count = export_run(client, run_id, file)
    if as_json:
        output.json_object({"runId": run_id, "events": count, "file": str(file)})
    elif file is not None:
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
        release = words.command("release", run_id, world=world)
        output.note(f"It is parked; `{release}` lets it go on.")
