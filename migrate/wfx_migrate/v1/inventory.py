"""
Which record of a source belongs to which run: a temporary index on disk.

A source may hold a million files or lines in any order. The index is what lets a reader
yield run by run while the memory it needs is that of one run.
"""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from collections.abc import Iterator
from typing import Final, NamedTuple

from wfx.closing import Closing
from wfx_migrate.scratch import Scratch
from wfx_migrate.v1.model import LegacyRun, Problem, RowKind, Size

_FLUSH: Final = 5_000
_KINDS: Final = {str(kind): kind for kind in RowKind}

_SCHEMA: Final = """
CREATE TABLE entry (
    file TEXT NOT NULL, line INTEGER NOT NULL, kind TEXT NOT NULL, run_id TEXT,
    start INTEGER NOT NULL, size INTEGER NOT NULL, stream TEXT, reason TEXT
)
"""


class Entry(NamedTuple):
    """One record: where it is, what it is, which run it is about."""

    file: str
    line: int
    """From 1; 0 when the whole file is the record."""
    kind: RowKind
    run_id: str | None
    start: int = 0
    size: int = -1
    """-1 when the whole file is the record."""
    stream: str | None = None
    """Of a chunk: its stream."""
    reason: str | None = None
    """Why it cannot be read."""

    @property
    def source(self) -> str:
        """The name of the record."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def problem(self) -> Problem | None:
        """What is wrong with it."""
        return None if self.reason is None else Problem(self.source, self.reason)


class Inventory:
    """All records of a source."""

    def __init__(self) -> None:
        self._directory = Scratch()
        self._database = sqlite3.connect(self._directory.path / "inventory.db")
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(_SCHEMA)
        self._pending: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Note a record."""
        self._pending.append(entry)
        if len(self._pending) >= _FLUSH:
            self._flush()

    def _flush(self) -> None:
        self._database.executemany("INSERT INTO entry VALUES (?,?,?,?,?,?,?,?)", self._pending)
        self._pending.clear()

    def finish(self, streams: dict[str, str]) -> None:
        """
        Attribute what only the whole can: chunks to runs, and leftovers to none.

        Args:
            streams: Stream → run, as the source's own index of streams has it.
        """
        self._flush()
        run = self._database.execute
        run("CREATE TABLE stream (stream TEXT PRIMARY KEY, run_id TEXT)")
        self._database.executemany("INSERT OR IGNORE INTO stream VALUES (?,?)", streams.items())
        run(
            "UPDATE entry SET run_id = (SELECT s.run_id FROM stream s WHERE s.stream=entry.stream)"
            " WHERE stream IS NOT NULL AND EXISTS"
            " (SELECT 1 FROM stream s WHERE s.stream=entry.stream)"
        )
        run("CREATE TABLE known AS SELECT DISTINCT run_id FROM entry WHERE kind <> 'other'")
        run("CREATE UNIQUE INDEX known_run ON known (run_id)")
        # A chunk or an index of a run of which nothing else is here is a leftover.
        run(
            "UPDATE entry SET run_id = NULL WHERE kind = 'other' AND run_id IS NOT NULL"
            " AND run_id NOT IN (SELECT run_id FROM known WHERE run_id IS NOT NULL)"
        )
        run("CREATE INDEX entry_run ON entry (run_id, file, line)")

    def run_ids(self) -> Iterator[str]:
        """The runs, in order."""
        for (run_id,) in self._database.execute(
            "SELECT run_id FROM known WHERE run_id IS NOT NULL ORDER BY run_id"
        ):
            yield run_id

    def of_run(self, run_id: str | None) -> Iterator[Entry]:
        """The records of a run, or those of none, by file and line."""
        for file, line, kind, run, start, size, stream, reason in self._database.execute(
            "SELECT * FROM entry WHERE run_id IS ? ORDER BY file, line", (run_id,)
        ):
            yield Entry(file, line, _KINDS[kind], run, start, size, stream, reason)

    def counts(self) -> tuple[int, int]:
        """How many runs and how many records."""
        (runs,) = self._database.execute(
            "SELECT count(*) FROM known WHERE run_id IS NOT NULL"
        ).fetchone()
        (records,) = self._database.execute("SELECT count(*) FROM entry").fetchone()
        return runs, records

    def close(self) -> None:
        """Remove the index."""
        self._database.close()
        self._directory.close()


class Indexed(Closing):
    """A source with an inventory, which is on disk until it is closed."""

    def __init__(self) -> None:
        self._inventory = Inventory()

    def size(self) -> Size:
        """How many runs and records there are."""
        return Size(*self._inventory.counts())

    def run_ids(self) -> Iterator[str]:
        """The ids of all runs, in order."""
        return self._inventory.run_ids()

    def runs(self, only: frozenset[str] | None = None) -> Iterator[LegacyRun]:
        """One run after the other."""
        for run_id in self._inventory.run_ids():
            if only is None or run_id in only:
                yield self._run(run_id)

    @abstractmethod
    def _run(self, run_id: str) -> LegacyRun:
        """One run, whole."""

    def close(self) -> None:
        """Remove the index."""
        self._inventory.close()
