"""Deleting old runs for whoever types it: asks before, shows how far it is, says what it did."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wfx.cli import output, words
from wfx.cli.errors import Exit
from wfx.cli.opening import existing
from wfx.clock import SystemClock
from wfx.events import iso
from wfx.world import Kept

if TYPE_CHECKING:
    from wfx.client import Client, Pruned
    from wfx.client.pruning import PrunedRuns
    from wfx.values import Json

_QUIET_US: Final = 10_000_000
"""Between two lines where nothing can be drawn."""
_WHY: Final = {
    Kept.RUNNING_STEP: "of which a step still runs: its outcome is kept with the run",
    Kept.ORIGINALS: "migrated, with originals that nothing else has: --with-originals deletes them "
    "too, `wfx migrate --to v1` gives them back before",
}


def prune_runs(
    world: str | None,
    *,
    ended_before: datetime,
    status: str | None,
    workflow: str | None,
    originals: bool,
    export: Path | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """`wfx runs prune`: the exit code."""
    asks = not (dry_run or yes)
    if asks and not (output.is_terminal() and sys.stdin.isatty()):
        raise click.UsageError(
            "nobody can be asked here, and what is deleted is gone: say --yes, or --dry-run to "
            "see what would be deleted"
        )
    with existing(world, read_only=dry_run) as client:

        def prune(dry_run: bool, progress: Callable[[Pruned], None] | None = None) -> Pruned:
            try:
                return client.prune(
                    ended_before,
                    status=status,
                    workflow=workflow,
                    originals=originals,
                    export=export,
                    dry_run=dry_run,
                    progress=progress,
                )
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="'--older-than'") from None

        planned = prune(True) if asks else None
        if planned is not None and not planned.total.runs:
            done = _nothing(client, planned)
        elif planned is not None and not _agreed(client, planned):
            output.note("nothing was deleted")
            return Exit.FAILED
        else:
            with _shown() as progress:
                done = prune(dry_run, progress)
        if as_json:
            output.json_object(_object(client, done, export))
        else:
            _tell(client, done, export)
    return Exit.DONE


def _nothing(client: Client, planned: Pruned) -> Pruned:
    """Nobody was asked, so no run goes, also none that was imported since the look."""
    while client.world.retention.clear():
        pass  # what a prune has left that was killed
    return replace(planned, dry_run=False)


def _agreed(client: Client, planned: Pruned) -> bool:
    for line in _lines(planned):
        output.note(line)
    question = f"Delete {_amount(planned.total)} of {client.world.url} for good?"
    return click.confirm(output.printable(question), err=True)


# -- the result ---------------------------------------------------------------------------


def _tell(client: Client, done: Pruned, export: Path | None) -> None:
    if not done.total.runs:
        output.line(
            f"nothing to delete: no run of {client.world.url} that is meant ended before "
            f"{words.moment(done.ended_before)}"
        )
    for line in _lines(done):
        output.line(line)
    for why, count in done.kept.items():
        output.line(f"kept {_runs(count)} {_WHY[why]}")
    if not done.total.runs:
        return
    verb = "would delete" if done.dry_run else "deleted"
    where = f"; recordings in {export}" if export is not None and not done.dry_run else ""
    before = words.moment(done.ended_before)
    output.line(f"{verb} {_amount(done.total)}, ended before {before}{where}")
    if not done.dry_run:
        output.note("New runs use the space again; `wfx world vacuum` gives it back to the disk.")


def _lines(done: Pruned) -> Iterator[str]:
    for name, some in sorted(done.workflows.items()):
        yield f"{name}  {_amount(some)}"


def _amount(some: PrunedRuns) -> str:
    extent = some.extent
    return f"{_runs(some.runs)} ({extent.events:,} events, {words.size(extent.bytes)})"


def _runs(count: int) -> str:
    return f"{count:,} run" if count == 1 else f"{count:,} runs"


def _object(client: Client, done: Pruned, export: Path | None) -> dict[str, Json]:
    workflows: list[Json] = [
        {"workflow": name, **_numbers(some)} for name, some in sorted(done.workflows.items())
    ]
    return {
        "world": client.world.url,
        "endedBefore": iso(done.ended_before),
        "dryRun": done.dry_run,
        **_numbers(done.total),
        "workflows": workflows,
        "kept": {str(why): count for why, count in done.kept.items()},
        "export": None if export is None else str(export),
    }


def _numbers(some: PrunedRuns) -> dict[str, Json]:
    return {"runs": some.runs, "events": some.extent.events, "bytes": some.extent.bytes}


# -- how far it is ------------------------------------------------------------------------


@contextmanager
def _shown() -> Iterator[Callable[[Pruned], None]]:
    """Progress, while the block is entered: on a terminal in place, elsewhere now and then."""
    if output.is_terminal():
        from wfx.cli.drawing import Terminal

        with Terminal(stderr=True).status("looking for old runs") as status:
            yield lambda done: status.update(_amount(done.total))
        return
    clock = SystemClock()
    told = clock.now_us()

    def now_and_then(done: Pruned) -> None:
        nonlocal told
        if clock.now_us() - told >= _QUIET_US:
            told = clock.now_us()
            output.note(f"{_amount(done.total)} so far")

    yield now_and_then
