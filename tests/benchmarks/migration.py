"""
What migrating a store of v1 costs, against its rows written by hand.

    python tests/benchmarks/migration.py [--postgres URL] [--runs N] [--events N] [--rounds N]
                                         [--jsonl]

A store of finished runs is generated (`--events` is for all of them; two events a step), as a
data directory or as one file of JSON Lines, and migrated into SQLite, and into PostgreSQL if
the URL of an empty database is given, whose tables are emptied after each round. Printed are
the events read and written a second, the processor time, and the peak memory of the process
that migrates, which does nothing else; at the end the median of the rounds, and the quietest.

The floor is the same rows, all of them, written into the same tables by `executemany` in one
transaction, or by COPY; nothing is decided, read back or hashed there, and reading the rows
is not counted. The goal is at least a tenth of the floor's speed.

    python tests/benchmarks/migration.py --runs 20000 --events 1000000 --rounds 1 --jsonl
    python tests/benchmarks/migration.py --runs 1 --events 200000 --rounds 1
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

from ulid import ULID

from wfx_migrate import Options, Verdict, migrate
from wfx_migrate.v1.encoding import encode
from wfx_migrate.v1.js import Undefined
from wfx_migrate.v1.model import ValueForm
from wfx_world_sql import open_world

GOAL: Final = 0.1
BATCH: Final = 10_000
START: Final = datetime(2025, 6, 1, tzinfo=UTC)
INPUT: Final = encode({"args": [{"id": 1, "amount": "12.50"}], "closureVars": Undefined()})
RESULT: Final = encode({"ok": True, "receipt": "r-0001", "at": START})


@dataclass(frozen=True, slots=True)
class Migrated:
    """One migration as measured."""

    read: int
    """Events in the source."""
    written: int
    """Events in the new logs."""
    records: int
    seconds: float
    processor: float
    """Seconds of its own processor time; a server's are not in it."""
    memory: int
    """The most bytes its process ever had."""


# -- the store ----------------------------------------------------------------------------


class Clock:
    """Moments and ids, one millisecond apart."""

    def __init__(self) -> None:
        self.milliseconds = int(START.timestamp() * 1000)

    def tick(self) -> str:
        """The next moment."""
        self.milliseconds += 1
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.milliseconds)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def id(self, prefix: str) -> str:
        """An id of now."""
        tail = (self.milliseconds * 0x9E3779B97F4A7C15) % 2**80
        return f"{prefix}_{ULID(self.milliseconds.to_bytes(6, 'big') + tail.to_bytes(10, 'big'))}"


def store(runs: int, events: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The file names and rows of a store, run by run."""
    clock = Clock()
    for number in range(runs):
        yield from _run(clock, (events * (number + 1) // runs - events * number // runs) // 2)


def _run(clock: Clock, steps: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """A run of steps one after the other, written as the old runtime did."""
    created = clock.tick()
    run_id = clock.id("wrun")
    started = clock.tick()
    for _ in range(steps):
        yield from _step(clock, run_id)
    completed = clock.tick()
    yield (
        f"runs/{run_id}",
        {
            "runId": run_id,
            "status": "completed",
            "deploymentId": "dpl_local",
            "workflowName": "workflow//flows.ts//bench",
            "executionContext": {"traceCarrier": {}},
            "input": encode([steps]),
            "output": RESULT,
            "createdAt": created,
            "startedAt": started,
            "completedAt": completed,
            "updatedAt": completed,
        },
    )


def _step(clock: Clock, run_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    created = clock.tick()
    step_id = clock.id("step")

    def event(kind: str, data: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
        at = clock.tick()
        event_id = clock.id("evnt")
        row: dict[str, Any] = {"eventType": kind, "correlationId": step_id}
        row |= {"eventData": data} if data else {}
        row |= {"runId": run_id, "eventId": event_id, "createdAt": at}
        return f"events/{run_id}-{event_id}", row

    yield event("step_started", None)
    started, completed = clock.tick(), clock.tick()
    yield (
        f"steps/{run_id}-{step_id}",
        {
            "runId": run_id,
            "stepId": step_id,
            "stepName": "step//flows.ts//charge",
            "status": "completed",
            "input": INPUT,
            "output": RESULT,
            "attempt": 1,
            "createdAt": created,
            "startedAt": started,
            "completedAt": completed,
            "updatedAt": completed,
        },
    )
    yield event("step_completed", {"result": RESULT})


def write_store(target: Path, *, runs: int, events: int, lines: bool) -> None:
    """Write a store: a data directory, or one file of JSON Lines."""
    if lines:
        with target.open("w") as file:
            file.writelines(json.dumps(row) + "\n" for _, row in store(runs, events))
        return
    for kind in ("runs", "steps", "events"):
        (target / kind).mkdir(parents=True)
    for name, row in store(runs, events):
        (target / f"{name}.json").write_text(json.dumps(row, indent=2))


# -- measuring ----------------------------------------------------------------------------


def measure(source: str, url: str, events: int) -> Migrated:
    """Migrate in this process, and say what it took."""
    start, started = time.perf_counter(), time.process_time()
    with (
        open_world(url) as world,
        migrate(source, world, Options(values=ValueForm.FLAT)) as report,
    ):
        seconds, processor = time.perf_counter() - start, time.process_time() - started
        assert report.ok, report.summary()
        totals = report.totals
        if there := totals.runs[Verdict.SKIPPED]:
            raise SystemExit(
                f"the {url.partition(':')[0]} database already had {there:,} of these runs, so "
                "that they were not written; give the URL of an empty one"
            )
        assert totals.events, "nothing was written"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # The kernel of macOS counts bytes, the others KiB.
    memory = peak if sys.platform == "darwin" else peak * 1024
    return Migrated(events, totals.events, report.records_in_source, seconds, processor, memory)


def alone(source: str, url: str, events: int) -> Migrated:
    """`measure` in a process of its own, whose peak memory is that of the migration."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawned) as pool:
        return pool.submit(measure, source, url, events).result()


def sqlite_by_hand(path: Path, target: Path) -> float:
    """Seconds that the rows of a world take on the standard library's driver."""
    with open_world(f"sqlite:///{target}"):
        pass  # the tables
    spent = 0.0
    rows, hand = sqlite3.connect(path), sqlite3.connect(target, isolation_level=None)
    try:
        hand.execute("PRAGMA synchronous = FULL")
        hand.execute("BEGIN IMMEDIATE")
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'wfx_revision'"
        for (table,) in rows.execute(tables).fetchall():
            found = rows.execute(f"SELECT * FROM {table}")
            statement = f"INSERT INTO {table} VALUES ({','.join('?' * len(found.description))})"
            while batch := found.fetchmany(BATCH):
                start = time.perf_counter()
                hand.executemany(statement, batch)
                spent += time.perf_counter() - start
        start = time.perf_counter()
        hand.execute("COMMIT")
        return spent + time.perf_counter() - start
    finally:
        rows.close()
        hand.close()


def postgres_by_hand(url: str, directory: Path) -> float:
    """Seconds that the rows of a world take with COPY; its tables are emptied for it."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as hand:
        tables = [
            table
            for (table,) in hand.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
                " AND tablename <> 'wfx_revision'"
            )
        ]
        for table in tables:
            with (
                (directory / table).open("wb") as file,
                hand.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as rows,
            ):
                for data in rows:
                    file.write(data)
        hand.execute(f"TRUNCATE {', '.join(tables)}")
        start = time.perf_counter()
        with hand.transaction():
            for table in tables:
                with (
                    (directory / table).open("rb") as file,
                    hand.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as rows,
                ):
                    while data := file.read(2**20):
                        rows.write(data)
        seconds = time.perf_counter() - start
        hand.execute(f"TRUNCATE {', '.join(tables)}")
        return seconds


def tell(name: str, found: Migrated, floor: Callable[[], float]) -> float:
    """Measure the floor, and print both; the ratio."""
    by_hand = floor()
    ratio = by_hand / found.seconds
    sys.stdout.write(
        f"{name}: {found.records:,} records in {found.seconds:.1f} s, "
        f"{found.read / found.seconds:,.0f} events read/s, "
        f"{found.written / found.seconds:,.0f} events written/s, "
        f"{found.processor:.1f} s of processor, "
        f"peak {found.memory / 2**20:.0f} MiB; by hand {by_hand:.1f} s "
        f"({found.written / by_hand:,.0f} events written/s), ratio {ratio:.3f}\n"
    )
    sys.stdout.flush()
    return ratio


def main() -> None:
    """Generate a store, migrate it, write its rows by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jsonl", action="store_true", help="one file instead of a directory")
    options = parser.parse_args()
    ratios: dict[str, list[float]] = {"sqlite": []} | (
        {"postgresql": []} if options.postgres else {}
    )
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        source = directory / ("store.jsonl" if options.jsonl else "store")
        start = time.perf_counter()
        write_store(source, runs=options.runs, events=options.events, lines=options.jsonl)
        sys.stdout.write(f"store made in {time.perf_counter() - start:.1f} s\n")
        sys.stdout.flush()
        events = options.events // 2 * 2 if options.runs == 1 else options.events
        for number in range(options.rounds):
            round_directory = directory / f"round {number}"
            round_directory.mkdir()
            one_round(str(source), events, round_directory, options.postgres, ratios)
            shutil.rmtree(round_directory)
    for world, found in ratios.items():
        middle = median(found)
        verdict = "" if middle >= GOAL else f", below the goal of {GOAL}"
        sys.stdout.write(
            f"{world}: median of the ratios {middle:.3f}{verdict}; quietest {max(found):.3f}\n"
        )


def one_round(
    source: str, events: int, directory: Path, postgres: str | None, ratios: dict[str, list[float]]
) -> None:
    """Migrate once into each database, and write the same rows by hand."""
    world = directory / "world.db"
    found = alone(source, f"sqlite:///{world}", events)
    by_hand = directory / "hand.db"
    ratios["sqlite"].append(tell("sqlite", found, lambda: sqlite_by_hand(world, by_hand)))
    if postgres:
        found = alone(source, postgres, events)
        floor = tell("postgresql", found, lambda: postgres_by_hand(postgres, directory))
        ratios["postgresql"].append(floor)


if __name__ == "__main__":
    main()
