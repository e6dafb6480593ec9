"""Deleting the runs of a world that ended long ago, in batches that let others work."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from wfx.entities import RUN_ENDED, Run, RunStatus
from wfx.errors import NotFound
from wfx.files import keep_names, written_whole
from wfx.recording import write_recording
from wfx.world import Extent, Kept, RunQuery

if TYPE_CHECKING:
    from wfx.world import World

_RUNS_AT_ONCE: Final = 100
_ROWS_AT_ONCE: Final = 10_000
"""Events, chunks of streams and records that one transaction deletes; of a larger run a piece."""
_NAME_MAX: Final = 150


@dataclass(slots=True)
class PrunedRuns:
    """How many runs, and how much that was."""

    runs: int = 0
    extent: Extent = field(default_factory=Extent)

    def add(self, extent: Extent) -> None:
        """One more run."""
        self.runs += 1
        self.extent += extent


@dataclass(slots=True)
class Pruned:
    """What a prune deleted so far, or would delete."""

    ended_before: datetime
    dry_run: bool
    total: PrunedRuns = field(default_factory=PrunedRuns)
    workflows: dict[str, PrunedRuns] = field(default_factory=dict)
    """By recorded name."""
    kept: dict[Kept, int] = field(default_factory=dict)
    """Runs that are old enough and were kept, by reason."""

    def add(self, run: Run, extent: Extent) -> None:
        """One more run is deleted."""
        self.total.add(extent)
        self.workflows.setdefault(run.workflow_name, PrunedRuns()).add(extent)

    def keep(self, why: Kept | None) -> None:
        """One more run is judged; kept ones that are not meant at all are not counted."""
        if why in (Kept.RUNNING_STEP, Kept.ORIGINALS):
            self.kept[why] = self.kept.get(why, 0) + 1


def prune(
    world: World,
    ended_before: datetime | timedelta,
    *,
    status: RunStatus | None = None,
    workflow_name: str | None = None,
    originals: bool = False,
    export: Path | None = None,
    dry_run: bool = False,
    progress: Callable[[Pruned], None] | None = None,
) -> Pruned:
    """
    Delete runs that ended before a moment; see `Client.prune`.

    Raises:
        ValueError: The moment lies in the future or before the year 1, or has no zone, or the
            status is no end.
        OSError: A recording cannot be written; its run, and those after it, are kept.
    """
    done = Pruned(_moment(world, ended_before), dry_run)
    if status is not None and status not in RUN_ENDED:
        ends = ", ".join(sorted(RUN_ENDED))
        raise ValueError(f"a run that is {status} has not ended: name one of {ends}")
    tell = progress or (lambda _: None)
    if export is not None and not dry_run:
        export.mkdir(parents=True, exist_ok=True)
    retention, moment = world.retention, done.ended_before
    judge = partial(retention.judge, ended_before=moment, originals=originals)
    delete = partial(retention.delete, ended_before=moment, originals=originals)

    def clear() -> None:
        while not dry_run and retention.clear():
            tell(done)

    clear()  # what a prune has left that was killed
    for runs in _pages(world, moment, status, workflow_name):
        judged = judge([run.run_id for run in runs])
        for why in judged.values():
            done.keep(why)
        old = [run for run in runs if run.run_id in judged and judged[run.run_id] is None]
        extents = retention.extents([run.run_id for run in old])
        for batch in _batches([run for run in old if run.run_id in extents], extents):
            ids = [run.run_id for run in batch]
            if not dry_run:
                gone = delete(ids if export is None else _exported(world, ids, export))
                batch = [run for run in batch if gone.get(run.run_id, Kept.OPEN) is None]
            for run in batch:
                done.add(run, extents[run.run_id])
            tell(done)
            clear()
    return done


def _moment(world: World, ended_before: datetime | timedelta) -> datetime:
    now = world.queue.now()
    if isinstance(ended_before, timedelta):
        try:
            ended_before = now - ended_before
        except OverflowError:
            raise ValueError(f"{ended_before} ago is before all calendars") from None
    if ended_before.tzinfo is None:
        raise ValueError(f"{ended_before} has no time zone")
    if ended_before > now:
        raise ValueError(f"{ended_before} lies in the future: every run would have ended before it")
    return ended_before


def _pages(
    world: World, ended_before: datetime, status: RunStatus | None, workflow_name: str | None
) -> Iterator[list[Run]]:
    """Runs that ended before the moment, in the order in which they began."""
    cursor: str | None = None
    while True:
        # What ended before it began before it, and runs are found by their beginning.
        page = world.runs.find(
            RunQuery(
                status=status,
                workflow_name=workflow_name,
                created_before=ended_before,
                order="asc",
                limit=_RUNS_AT_ONCE,
                cursor=cursor,
            )
        )
        yield [run for run in page.items if run.completed_at and run.completed_at < ended_before]
        cursor = page.cursor
        if cursor is None:
            return


def _batches(runs: Sequence[Run], extents: Mapping[str, Extent]) -> Iterator[list[Run]]:
    """The runs in lists that are small enough for a transaction; a large one alone."""
    batch: list[Run] = []
    rows = 0
    for run in runs:
        extent = extents[run.run_id]
        its_rows = extent.events + extent.chunks + extent.records
        if batch and rows + its_rows > _ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(run)
        rows += its_rows
    if batch:
        yield batch


# -- recordings ---------------------------------------------------------------------------


def _exported(world: World, run_ids: Sequence[str], directory: Path) -> list[str]:
    """Write the recordings of these runs; those whose recording is on the disk."""
    written = []
    for run_id in run_ids:
        file = directory / recording_name(run_id)
        try:
            _check_own(world, run_id, file)
            with written_whole(file) as out:
                write_recording(world, run_id, out)
        except NotFound:
            continue  # somebody else has deleted it
        written.append(run_id)
    keep_names(directory)
    return written


def recording_name(run_id: str) -> str:
    """The name of the file that a run's recording gets: its id, as far as a file may have it."""
    name = quote(run_id, safe=" +,=@~")
    if len(name) > _NAME_MAX:
        digest = hashlib.sha256(run_id.encode()).hexdigest()[:16]
        name = f"{name[:_NAME_MAX]}-{digest}"
    return f"{name}.jsonl"


def _check_own(world: World, run_id: str, file: Path) -> None:
    """
    Check that a file which is replaced has the recording of this very run.

    Ids may differ only in their case, and one whose run was deleted may have been used again.
    """
    if not file.exists():
        return
    try:
        with file.open(encoding="utf-8") as lines:
            header, created = json.loads(lines.readline()), json.loads(lines.readline() or "{}")
    except ValueError:
        header = created = None
    if not isinstance(header, dict) or header.get("runId") != run_id:
        why = f"it is not the recording of {run_id}"
    elif not isinstance(created, dict) or created.get("eventId") != _first_id(world, run_id):
        why = f"it is the recording of an earlier run of the id {run_id}; name another directory"
    else:
        return
    raise FileExistsError(errno.EEXIST, f"{why}; nothing was written", str(file))


def _first_id(world: World, run_id: str) -> str:
    (first,) = world.events.list(run_id, limit=1)
    return first.event_id


__all__ = ["Pruned", "PrunedRuns", "prune", "recording_name"]
