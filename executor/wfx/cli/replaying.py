"""`wfx replay`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from wfx.cli.maps import today_option, todays_names
from wfx.cli.moments import Moment
from wfx.cli.options import CONTEXT, app_dir_option, json_option
from wfx.cli.verdicts import FORMATS


@click.command("replay", context_settings=CONTEXT)
@click.argument("words", nargs=-1, metavar="PATH... | RUN...")
@click.option(
    "--world",
    metavar="URL",
    help="Replay runs of this world, which is only read: those named, or all.",
)
@click.option("--open", "open_only", is_flag=True, help="With --world: only runs not ended yet.")
@click.option(
    "--since",
    type=Moment(),
    help="With --world: only runs created since, as in 7d, 12h, 2026-11-22 or an ISO time.",
)
@click.option(
    "--workflow",
    "target",
    metavar="TARGET",
    help="Where today's code is; found by the recorded name unless given. With --world: only "
    "runs of this workflow.",
)
@today_option("A recorded module (or full name) and what it is called today.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How verdicts are written; github: annotations of a pull request.",
)
@click.option("-q", "--quiet", is_flag=True, help="In text: only what does not match.")
@click.option(
    "--coverage",
    is_flag=True,
    help="Say which lines, branches and ends of workflow code the logs exercise, and which logs "
    "add nothing to the others (text and json).",
)
@click.option(
    "--permute",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Replay each log N times more, with other hash seeds, zones, locales and clocks, and say "
    "where the order in which parallel work ended decides.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Processes at the same time, when there is work for them; else one per processor.",
)
@app_dir_option
@json_option
def replay_command(
    words: tuple[str, ...],
    world: str | None,
    open_only: bool,
    since: datetime | None,
    target: str | None,
    maps: tuple[str, ...],
    form: str,
    quiet: bool,
    coverage: bool,
    permute: int | None,
    jobs: int | None,
    app_dir: Path,
    as_json: bool,
) -> int:
    """
    Does today's code still make the decisions that these logs recorded?

    PATH is a recording (`wfx export` makes one), a folder of them, or a pattern such as
    'recordings/**/*.jsonl'. With --world URL it is the id of a run, and without any all runs
    of that world are meant.

    A verdict for each log: match, diverged (and where), or unjudged (and why). No step is
    executed and nothing is written. Exit code 0 when all match; 1 when any diverged, or some
    could not be judged; 2 when there was nothing that could be judged.
    """
    from wfx.cli.judging import code_of, judge, sources_of_files, sources_of_world

    if world is None and not words:
        raise click.UsageError("name recordings, or a world with --world URL")
    if world is None and (open_only or since is not None):
        raise click.UsageError("--open and --since go with --world URL")
    form = "json" if as_json else form
    if coverage and form not in ("text", "json"):
        raise click.UsageError(f"--coverage is told in text or json, not in {form}")
    code = code_of(app_dir, target, todays_names(maps))
    if world is None:
        sources = sources_of_files(words)
    else:
        sources = sources_of_world(world, words, code, open_only=open_only, since=since)
    return judge(
        sources, code, form=form, jobs=jobs, quiet=quiet, coverage=coverage, permute=permute or 0
    )
