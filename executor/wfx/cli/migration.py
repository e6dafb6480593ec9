"""What `wfx migrate` does: a migration with its progress, its summary and its reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wfx.cli import output
from wfx.cli.errors import Exit
from wfx.cli.lookup import known_or_kept
from wfx.errors import NoWorld
from wfx.files import written_whole

if TYPE_CHECKING:
    from wfx.values import Json
    from wfx.world import World
    from wfx_migrate import Options, Report

_SHOWN_MAX: Final = 50
"""Runs and problems that are told one by one."""

_GOES_ON: Final = "What was migrated before stays; the same command goes on from there."

_IN_WORLD: Final = ("converted", "merged", "archived", "kept")
"""What becomes of the records of a run that is written."""


def bring_in(
    path: str,
    url: str | None,
    *,
    format: str,
    dry_run: bool,
    paused: str,
    names: Mapping[str, str],
    only: frozenset[str] | None,
    values: str,
    reports: Iterable[Path],
    as_json: bool,
) -> int:
    """
    `wfx migrate --from`: the exit code.

    Raises:
        SourceError: The source cannot be read at all.
        WorldUnavailable: The world cannot be reached.
    """
    from wfx_migrate import Options, Paused, ValueForm

    options = Options(
        format=format,
        dry_run=dry_run,
        paused=Paused(paused),
        names=names,
        only=only,
        values=ValueForm(values),
    )
    with ExitStack() as stack:
        report = _migrated(path, url, options, stack)
        for file in reports:
            _write_report(report, file)
        if as_json:
            from wfx_migrate import write_json

            write_json(report, output.as_file())
        else:
            _print(report, only)
        if report.stopped:
            what, left = (
                ("dry run", "Nothing was migrated")
                if report.dry_run
                else ("migration", _GOES_ON.rstrip("."))
            )
            output.error(f"the {what} stopped at {report.stopped.rstrip('.')}. {left}")
        return Exit.DONE if report.ok else Exit.FAILED


def _migrated(path: str, url: str | None, options: Options, stack: ExitStack) -> Report:
    """What became of it, told while it happens; the stack closes what was opened."""
    from wfx.cli.migration_progress import shown
    from wfx.passwords import hide_password
    from wfx.worlds import open_world, world_url
    from wfx_migrate import migrate, open_source

    with shown() as progress:
        progress.say(f"reading {path if '://' not in path else 'the database'}")
        # The source first: what cannot be read makes no world.
        source = stack.enter_context(open_source(path, values=options.values))
        dry_run = options.dry_run
        world = _looked_at(url, stack) if dry_run else stack.enter_context(open_world(url))
        progress.say("checking" if dry_run else "migrating")
        try:
            report = migrate(source, world, options, progress.advance)
        except KeyboardInterrupt:
            output.note(_GOES_ON)
            raise
    stack.callback(report.close)
    report.target = report.target or hide_password(world_url(url))
    return report


def _looked_at(url: str | None, stack: ExitStack) -> World | None:
    """The target of a dry run, which is only read; None when there is none yet."""
    from wfx.worlds import open_world

    try:
        return stack.enter_context(open_world(url, read_only=True))
    except NoWorld:
        return None


def _write_report(report: Report, file: Path) -> None:
    from wfx_migrate import write_html, write_json

    with written_whole(file) as out:
        (write_json if file.suffix.lower() == ".json" else write_html)(report, out)


# -- the summary --------------------------------------------------------------------------


def _print(report: Report, only: frozenset[str] | None) -> None:
    totals = report.totals
    for line in _refused(report):
        output.line(line)
    runs = totals.runs.total()
    into = f"into {report.target}" if report.target else ""
    where = f"would migrate{into and ' '}{into}; nothing was written" if report.dry_run else into
    if not runs:
        what = "of these runs in it" if only else "no runs"
        output.line(f"nothing to migrate: {report.source} has {'none ' if only else ''}{what}")
    elif totals.runs["skipped"] == runs:
        they = "its run is" if runs == 1 else f"its {runs} runs are"
        output.line(f"nothing to migrate: {they} in {report.target} already")
    else:
        output.line(f"{report.source} ({report.description}) {where}")
    for verdict, count in sorted(totals.runs.items()):
        line = f"{count:>9} {_plural(count, 'run')} {verdict}"
        if totals.mended and verdict in ("migrated", "would migrate"):
            line += f", {totals.mended} of them out of quarantine"
        output.line(line)
    if totals.events:
        made = f"{totals.synthesised} of them made from rows"
        output.line(f"{totals.events:>9} events, {made}")
    if totals.parked:
        open_runs = f"open {_plural(totals.parked, 'run')}"
        output.line(f"{totals.parked:>9} {open_runs}, parked until `wfx release`")
    if totals.unbound:
        output.line(
            f"{totals.unbound:>9} of these open and not bound to the names given: "
            "`wfx release --all-parked --map …` binds them"
        )
    _print_records(report)


def _print_records(report: Report) -> None:
    records = report.totals.records
    parts = [f"{records[name]} {name}" for name in _IN_WORLD if records[name]]
    parts += [
        f"{count} {name}"
        for name, count in sorted(records.items())
        if count and name not in _IN_WORLD
    ]
    told = report.accounted
    line = f"{report.records_in_source:>9} source records"
    if parts:
        line += f" = {' + '.join(parts)}"
    if told != report.records_in_source:
        line += f"; nothing is known of {report.records_in_source - told}"
    output.line(line)


def _refused(report: Report) -> Iterator[str]:
    """What was not migrated, and why: the run's id first."""
    lines = _refused_all(report)
    for _, line in zip(range(_SHOWN_MAX), lines, strict=False):
        yield line
    if more := sum(1 for _ in lines):
        yield f"… and {more} more; --report FILE has all of them"


def _refused_all(report: Report) -> Iterator[str]:
    if report.totals.runs["quarantined"] or report.totals.runs["refused"]:
        for run in report.runs():
            if run["verdict"] in ("quarantined", "refused"):
                reasons = run.get("reasons")
                first, *others = reasons if isinstance(reasons, list) and reasons else ["?"]
                more = f" (and {len(others)} more)" if others else ""
                why = str(first).removeprefix(f"{run['runId']}: ")
                yield f"{run['runId']} {run['verdict']}: {why}{more}"
    for problem in report.problems:
        yield str(problem)


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


# -- the way back -------------------------------------------------------------------------


def give_back(target: Path, url: str | None, only: tuple[str, ...], *, as_json: bool) -> int:
    """
    `wfx migrate --to v1`: the exit code.

    Raises:
        NotRestorable: The directory is not empty, or there is nothing to give back.
        NotFound: There is no such run.
    """
    from wfx.cli.opening import existing
    from wfx_migrate import restore

    with existing(url) as client:
        ids = [known_or_kept(client, run_id) for run_id in only] or None
        done = restore(client.world, target, ids)
        where = client.world.url
    if as_json:
        shown: dict[str, Json] = {
            "directory": str(target),
            "world": where,
            "runs": done.runs,
            "records": done.records,
            "files": done.files,
        }
        output.json_object(shown)
    else:
        output.line(
            f"{target}: {done.files} {_plural(done.files, 'file')} of {done.runs} "
            f"{_plural(done.runs, 'run')} ({done.records} records)"
        )
    return Exit.DONE
