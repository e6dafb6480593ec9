"""
The way back: the original files and rows of migrated runs, byte for byte.

Files come back under their names. Lines of JSON Lines come back in their places; the rows
of a database as one file of canonical rows per table, sorted. Records are gathered in a
temporary index first, because lines of one file may lie with many runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from wfx.errors import WfxError
from wfx.values import Json
from wfx.world import World, all_items
from wfx_migrate.proof import CERTIFICATE
from wfx_migrate.quarantine import QUARANTINE
from wfx_migrate.scratch import Scratch
from wfx_migrate.v1.model import SourceKind

_PAGE: Final = 500


class NotRestorable(WfxError):
    """There is nothing to give back, or no place to put it."""

    code = "not-restorable"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was given back."""

    runs: int
    records: int
    files: int


def restore(world: World, target: Path, run_ids: Iterable[str] | None = None) -> Restored:
    """
    Write the source records of migrated runs into a directory that is empty or not there.

    Args:
        run_ids: Only of these runs; of all that were migrated or are in quarantine if None.

    Raises:
        NotRestorable: The directory has something in it, or no run was migrated.
        NotFound: There is no such run.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotRestorable(f"{target} is not an empty directory; give the name of a new one")
    with Scratch() as scratch:
        index = sqlite3.connect(scratch.path / "records.db")
        try:
            index.execute("PRAGMA journal_mode=OFF")
            index.execute(
                "CREATE TABLE record (file TEXT, place INTEGER, source TEXT, data BLOB,"
                " PRIMARY KEY (file, place, source)) WITHOUT ROWID"
            )
            runs = sum(
                _gather(world, run_id, index)
                for run_id in (_all_runs(world) if run_ids is None else run_ids)
            )
            if not runs:
                raise NotRestorable(f"{world.url} has no migrated run to give back")
            (records,) = index.execute("SELECT count(*) FROM record").fetchone()
            files = _write_files(index, target)
        finally:
            index.close()
    return Restored(runs, records, files)


def _all_runs(world: World) -> Iterator[str]:
    for run in all_items(lambda cursor: world.runs.list(limit=_PAGE, cursor=cursor, order="asc")):
        yield run.run_id
    for kept in all_items(lambda cursor: world.archive.quarantined(limit=_PAGE, cursor=cursor)):
        yield kept.run_id


def _gather(world: World, run_id: str, index: sqlite3.Connection) -> bool:
    archive = world.archive
    kind = _kind(archive.certificate(run_id) or {}, archive.why_quarantined(run_id) or {})
    if kind is None:
        return False
    index.executemany(
        "INSERT OR IGNORE INTO record VALUES (?,?,?,?)",
        (
            (*_place(kind, record.source), record.source, record.data)
            for record in archive.records(run_id)
        ),
    )
    return True


def _kind(certificate: dict[str, Json], quarantine: dict[str, Json]) -> SourceKind | None:
    """What kind of source a run came from; None if it was not migrated."""
    found = certificate
    if found.get("certificate") != CERTIFICATE:
        found = quarantine
        if found.get("quarantine") != QUARANTINE:
            return None
    source = found.get("source")
    return SourceKind(str(source["kind"])) if isinstance(source, dict) else None


def _place(kind: SourceKind, source: str) -> tuple[str, int]:
    """The file a record goes to, and its place in it."""
    if kind is SourceKind.LOCAL:
        return source, 0
    if kind is SourceKind.POSTGRES:
        return f"{source.partition('/')[0]}.jsonl", -1
    file, _, line = source.rpartition(":")
    return file, int(line)


def _write_files(index: sqlite3.Connection, target: Path) -> int:
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    for (file,) in index.execute("SELECT DISTINCT file FROM record ORDER BY file").fetchall():
        inside = PurePosixPath(file)
        if inside.is_absolute() or ".." in inside.parts:
            raise NotRestorable(f"the record {file!r} would be written outside of {target}")
        path = target / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for place, data in index.execute(
                "SELECT place, data FROM record WHERE file = ? ORDER BY place, source", (file,)
            ):
                out.write(data)
                if place < 0:
                    out.write(b"\n")
        count += 1
    return count
