"""`wfx replay`."""

from __future__ import annotations

from pathlib import Path

import click

from wfx.cli.options import CONTEXT, app_dir_option, json_option


@click.command("replay", context_settings=CONTEXT)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option(
    "--workflow",
    "target",
    metavar="TARGET",
    help="Where today's code is; found by the recorded name unless given.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="OLD=NEW",
    help="A recorded module (or full name) and what it is called today.",
)
@app_dir_option
@json_option
def replay_command(
    files: tuple[Path, ...],
    target: str | None,
    maps: tuple[str, ...],
    app_dir: Path,
    as_json: bool,
) -> int:
    """
    Does today's code still make the decisions that these recordings hold?

    A line for each recording: match, diverged (and where), or unjudged (and why). Nothing is
    executed and nothing is written. Exit code 0 when all match, 1 when any diverged, 2 when
    none could be judged.
    """
    from wfx.cli.judging import judge

    renames = {}
    for text in maps:
        old, equals, new = text.partition("=")
        if not (old and equals and new):
            raise click.UsageError(f"--map {text!r} is not OLD=NEW")
        renames[old] = new
    return judge(files, target, renames, app_dir=app_dir, as_json=as_json)
