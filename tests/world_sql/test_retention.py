"""Deleting runs in databases: what is left, what is not, and what happens in between."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from wfx.clock import ManualClock
from wfx.errors import NotFound
from wfx.events import NewEvent
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.archives import RECORDS, finished, unfinished
from wfx.world import Append, Incoming, Kept, World
from wfx_world_sql import open_world
from wfx_world_sql.compiled.postgresql import POSTGRESQL
from wfx_world_sql.compiled.sqlite import SQLITE
from wfx_world_sql.database import Connection
from wfx_world_sql.remains import PIECE
from wfx_world_sql.schema import open_database
from wfx_world_sql.tables import METADATA
from wfx_world_sql.url import parse
from wfx_world_sql.world import SqlWorld

DAY = timedelta(days=1)
MANY = 100_000


@pytest.fixture
def clock() -> ManualClock:
    """The clock the world tells the time by."""
    return ManualClock()


@pytest.fixture
def world(sql_url: str, clock: ManualClock) -> Iterator[SqlWorld]:
    """A fresh world in each kind of database."""
    with open_world(sql_url, clock=clock) as world:
        yield world


@contextmanager
def beside(url: str) -> Iterator[Any]:
    """A connection of its own, each statement of which is a transaction."""
    with closing(open_database(parse(url)).open_raw()) as raw:
        yield raw


def contents(url: str) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table."""
    with beside(url) as raw:
        return {
            name: {tuple(map(_plain, row)) for row in raw.execute(f"SELECT * FROM {name}")}
            for name in METADATA.tables
        }


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def of_runs(found: dict[str, set[tuple[Any, ...]]], ids: set[str]) -> int:
    """How many rows name one of these runs, in whatever column."""
    return sum(not ids.isdisjoint(row) for rows in found.values() for row in rows)


def delete_all(world: World, ids: Sequence[str], *, ended_before: Any, **how: bool) -> None:
    """Delete what may be, to the last piece."""
    world.retention.delete(ids, ended_before=ended_before, **how)
    while world.retention.clear():
        pass


# -- what is deleted, and what is not -----------------------------------------------------


def grow(world: World, clock: ManualClock, random: Random) -> list[str]:
    """A world of runs in every state, with whatever runs own; their ids."""
    ids = []
    for number in range(14):
        clock.advance(timedelta(hours=random.randint(0, 12)))
        if random.random() < 0.2:
            run_id = new_id("wrun")
            log = random.choice([finished, unfinished])(run_id)
            records = RECORDS if random.random() < 0.5 else ()
            world.archive.write(run_id, log, records, {"proof": number} if records else None)
        else:
            run_id = _lived(world, clock, random, number)
        ids.append(run_id)
    world.archive.quarantine("wrun_damaged", RECORDS, {"reasons": ["no"]})
    return ids


def _lived(world: World, clock: ManualClock, random: Random, number: int) -> str:
    scene = s.started_run(world, clock, random.choice(["shop:a", "shop:b"]), f"owner{number}")
    for place in range(random.randint(0, 6)):
        step, hook, wait = (f"{kind}_{number}_{place}" for kind in ("step", "hook", "wait"))
        kind = random.choice(["done", "running", "pending", "hook", "wait", "stream", "effect"])
        if kind in ("done", "running"):
            scene.append(s.step_created(step), s.step_started(step))
            if kind == "done":
                scene.append(s.step_completed(step), fence=[(step, 1)])
        elif kind == "pending":
            scene.append(s.step_created(step, queue="gpu"))
        elif kind == "hook":
            scene.append(s.hook_created(hook, f"token {random.randint(0, 5)}"))
        elif kind == "wait":
            scene.append(s.wait_created(wait))
        elif kind == "stream":
            world.streams.write(scene.run_id, f"out {place}", b"\x00chunk" * place)
        else:
            scene.append(s.effect_recorded())
    end = random.choice([s.run_completed, s.run_failed, s.run_cancelled, None])
    if end is not None:
        scene.append(end())
    return scene.run_id


@pytest.mark.parametrize("seed", range(4))
def test_nothing_of_the_deleted_is_left_and_all_of_the_others(
    world: SqlWorld, clock: ManualClock, seed: int
) -> None:
    """Row by row, in every table, in worlds that chance has made."""
    random = Random(seed)
    ids = grow(world, clock, random)
    before = contents(world.url)
    moment = s.START + timedelta(hours=random.randint(0, 100))
    asked = random.sample(ids, random.randint(1, len(ids)))
    originals = random.random() < 0.5

    verdicts = world.retention.delete(asked, ended_before=moment, originals=originals)
    while world.retention.clear():
        pass

    gone = {run_id for run_id, kept in verdicts.items() if kept is None}
    own = {row[1] for row in before["hook"] if row[2] in gone}
    after = contents(world.url)
    assert of_runs(after, gone | own) == 0
    for table, rows in before.items():
        assert after[table] == {row for row in rows if gone.isdisjoint(row)}, table


# -- large runs ---------------------------------------------------------------------------


def make_large(world: SqlWorld, clock: ManualClock) -> str:
    """A run of 100,000 events with as many chunks; written beside the world, to be quick."""
    scene = s.started_run(world, clock)
    run_id = scene.run_id
    if world.url.startswith("sqlite"):
        numbers = f"n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= {MANY})"
    else:
        numbers = f"n(i) AS (SELECT generate_series(2, {MANY + 1}))"
    data = '{"effect": "clock", "values": [1], "call": {"scope": "m", "ordinal": 0}}'
    event = f"'{run_id}', i, 'evnt_' || i, 'effect_recorded', 0, '{data}'"
    end = f"next_position = {MANY + 2}, last_command = {MANY + 1}"
    with beside(world.url) as raw:
        raw.execute(
            "INSERT INTO event (run_id, position, event_id, event_type, created_at, data) "
            f"WITH RECURSIVE {numbers} SELECT {event} FROM n"
        )
        raw.execute(
            "INSERT INTO stream_chunk (run_id, stream, number, data, created_at) "
            f"WITH RECURSIVE {numbers} SELECT '{run_id}', 'out', i, 'x', 0 FROM n"
        )
        raw.execute(f"UPDATE run SET {end} WHERE run_id = '{run_id}'")
    scene.append(s.run_completed())
    return run_id


def count(url: str, run_id: str) -> int:
    """How many events a run has in its table."""
    with beside(url) as raw:
        found = raw.execute(f"SELECT count(*) FROM event WHERE run_id = '{run_id}'").fetchone()
    return int(found[0])


def test_a_run_of_100_000_events_goes_in_pieces(world: SqlWorld, clock: ManualClock) -> None:
    """It is gone with the first; each is short, and between them others write."""
    run_id, other = make_large(world, clock), s.started_run(world, clock)
    reading = world.events.stream(run_id)
    next(reading)

    assert world.retention.delete([run_id], ended_before=s.START + DAY) == {run_id: None}

    for ask in (
        lambda: world.events.list(run_id),
        lambda: world.streams.read(run_id, "out"),
        lambda: world.runs.get(run_id),
        lambda: list(reading),
    ):
        with pytest.raises(NotFound):
            ask()
    left = count(world.url, run_id)
    assert left == MANY + 3 - PIECE
    while world.retention.clear():
        other.append(s.effect_recorded())
        now = count(world.url, run_id)
        assert left - now <= PIECE
        left = now
    assert of_runs(contents(world.url), {run_id}) == 0
    assert len(other.log()) == 2 + -(-(MANY + 3 - PIECE) // PIECE)


@pytest.mark.parametrize("how", ["alone", "in a group", "brought in", "in quarantine"])
def test_the_id_of_a_large_run_is_used_again_at_once(
    world: SqlWorld, clock: ManualClock, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the old one left is taken away first, and `clear` touches nothing of the new one."""
    monkeypatch.setattr("wfx_world_sql.remains.PIECE", 2)
    run_id = new_id("wrun")
    world.archive.write(run_id, finished(run_id), RECORDS)
    world.retention.delete([run_id], ended_before=s.START, originals=True)
    assert count(world.url, run_id) > 0

    log = finished(run_id)
    if how == "alone":
        world.events.create(run_id, s.run_created())
    elif how == "in a group":
        (answer,) = world.events.create_group([Append(run_id, [s.run_created()])])
        assert isinstance(answer, list)
    elif how == "brought in":
        world.archive.write(run_id, log, RECORDS)
    else:
        world.archive.quarantine(run_id, RECORDS, {"reasons": ["no"]})
    was = contents(world.url)
    assert world.retention.clear() is False

    assert contents(world.url) == was
    assert was["remains"] == set()
    events = {"alone": 1, "in a group": 1, "brought in": len(log), "in quarantine": 0}
    assert count(world.url, run_id) == events[how]


# -- crashes ------------------------------------------------------------------------------


class Crash(BaseException):
    """The process died here."""


@contextmanager
def crash_at(number: int) -> Iterator[list[int]]:
    """Die at the n-th message to the database; how many there were."""
    done = [0]
    patch = pytest.MonkeyPatch()

    def dying(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Connection, *args: Any) -> Any:
            done[0] += 1
            if done[0] == number:
                raise Crash(name)
            return real(self, *args)

        return call

    kinds: list[Any] = [*Connection.__subclasses__()]
    for kind in kinds:
        for name in ("ask", "stage", "commit"):
            patch.setattr(kind, name, dying(name, getattr(kind, name)))
    try:
        yield done
    finally:
        patch.undo()


def test_a_crash_at_any_statement_leaves_each_run_whole_or_gone(
    sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next deletion does what is left to do."""
    monkeypatch.setattr("wfx_world_sql.remains.PIECE", 4)
    number, survived = 0, True
    with open_world(sql_url) as world:
        while survived:
            number += 1
            ids = [new_id("wrun") for _ in range(3)]
            world.archive.write_all([Incoming(run_id, finished(run_id)) for run_id in ids])
            before = contents(sql_url)
            with crash_at(number) as done, suppress(Crash):
                delete_all(world, ids[:2], ended_before=s.START)
            survived = done[0] >= number
            there = contents(sql_url)
            for run_id in ids:
                if world.events.heads([run_id]):
                    for table, rows in before.items():
                        assert {row for row in rows if run_id in row} <= there[table], table
                else:
                    assert run_id != ids[2]
            delete_all(world, ids[:2], ended_before=s.START)
            after = contents(sql_url)
            assert of_runs(after, {*ids[:2]}) == 0, f"after a crash at {number}"
            delete_all(world, ids, ended_before=s.START)
            assert of_runs(contents(sql_url), {*ids}) == 0
    assert number > 10


KILLED = """
import sys
from datetime import UTC, datetime
from wfx_world_sql import open_world, remains, retention
remains.PIECE = 4
take = remains.take_pieces
calls = 0
def slow(connection, sql, run_ids):
    global calls
    left = take(connection, sql, run_ids)
    calls += 1
    if calls == int(sys.argv[3]):
        sys.stdout.write("taken\\n"); sys.stdout.flush(); sys.stdin.readline()
    return left
remains.take_pieces = slow
with open_world(sys.argv[1]) as world:
    world.retention.delete([sys.argv[2]], ended_before=datetime(2026, 1, 1, tzinfo=UTC))
    while world.retention.clear():
        pass
"""


@pytest.mark.parametrize("piece", [1, 2])
def test_a_killed_deletion_is_finished_by_the_next(sql_url: str, piece: int) -> None:
    """kill -9 within the first transaction, and within one that takes a piece away."""
    run_id = new_id("wrun")
    with open_world(sql_url) as world:
        world.archive.write(run_id, finished(run_id))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, sql_url, run_id, str(piece)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        process.send_signal(signal.SIGKILL)

    with open_world(sql_url) as world:
        if piece == 1:
            assert len(world.events.list(run_id)) == len(finished(run_id))
        else:
            with pytest.raises(NotFound):
                world.events.list(run_id)
            assert 0 < count(sql_url, run_id) < len(finished(run_id))
        delete_all(world, [run_id], ended_before=s.START)
    assert of_runs(contents(sql_url), {run_id}) == 0


# -- others beside it ---------------------------------------------------------------------


def test_several_deletions_and_writers_at_once(
    sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run is deleted once; runs of the same ids that begin meanwhile are not touched."""
    monkeypatch.setattr("wfx_world_sql.remains.PIECE", 3)
    ids = [new_id("wrun") for _ in range(24)]
    with open_world(sql_url) as world:
        for run_id in ids:
            world.archive.write(run_id, finished(run_id))
    deleted: list[str] = []
    errors: list[BaseException] = []

    def guarded(work: Callable[[World], None]) -> threading.Thread:
        def go() -> None:
            try:
                with open_world(sql_url) as world:
                    work(world)
            except BaseException as error:
                errors.append(error)

        return threading.Thread(target=go)

    def prune(world: World) -> None:
        for place in range(0, len(ids), 4):
            verdicts = world.retention.delete(ids[place : place + 4], ended_before=s.START)
            deleted.extend(run_id for run_id, kept in verdicts.items() if kept is None)
            while world.retention.clear():
                pass

    def begin_again(world: World) -> None:
        for run_id in ids:
            while world.events.heads([run_id]):
                pass
            world.events.create(run_id, s.run_created())
            world.events.create(run_id, s.run_started(), fence=_held(world, run_id))

    threads = [guarded(prune), guarded(prune), guarded(begin_again)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sorted(deleted) == sorted(ids)
    with open_world(sql_url) as world:
        for run_id in ids:
            assert [e.type for e in world.events.list(run_id)] == ["run_created", "run_started"]
        kept = world.retention.judge(ids, ended_before=s.START + 10_000 * DAY)
        assert kept == dict.fromkeys(ids, Kept.OPEN)
    found = contents(sql_url)
    assert (len(found["event"]), len(found["step"]), len(found["remains"])) == (2 * len(ids), 0, 0)


def _held(world: World, run_id: str) -> list[tuple[str, int]]:
    return [task.hold for task in world.queue.claim("ann", run_id=run_id)]


def test_a_chunk_and_a_deletion_at_once(sql_url: str) -> None:
    """Either the chunk goes with the run, or its writer is told that the run is gone."""
    ids = [new_id("wrun") for _ in range(20)]
    with open_world(sql_url) as world, open_world(sql_url) as other:
        for run_id in ids:
            world.archive.write(run_id, finished(run_id))
        gone = threading.Event()

        def write() -> None:
            for run_id in ids:
                try:
                    while not gone.is_set():
                        other.streams.write(run_id, "out", b"x")
                except NotFound:
                    continue

        thread = threading.Thread(target=write)
        thread.start()
        for run_id in ids:
            delete_all(world, [run_id], ended_before=s.START)
        gone.set()
        thread.join()
    assert of_runs(contents(sql_url), {*ids}) == 0


# -- indexes ------------------------------------------------------------------------------

INDEXED = {
    "run_delete": "run",
    "hooks_delete": "hook_by_run",
    "tasks_delete": "task_by_run",
    "tasks_of_runs": "task_by_run",
    "event_piece": "event",
    "step_piece": "step",
    "wait_piece": "wait",
    "stream_chunk_piece": "stream_chunk",
    "legacy_record_piece": "legacy_record",
    "originals_among": "legacy_record",
    "extent_events": "event",
    "extent_records": "legacy_record",
    "remains_among": "remains",
}
"""Statements, and the index, or the table whose primary key, each is answered by."""


@pytest.mark.parametrize("statement", sorted(INDEXED))
def test_an_index_answers(sql_url: str, statement: str) -> None:
    """No deletion looks at all of a table."""
    with open_world(sql_url) as world:
        world.events.create(None, NewEvent(s.run_created().data))
    sqlite = sql_url.startswith("sqlite")
    text = getattr(SQLITE if sqlite else POSTGRESQL, statement)
    values: list[Any] = ['["r"]' if sqlite else ["r"]]
    if statement.endswith("_piece"):
        values = ["r", "r", 5]
    elif statement.endswith("_delete"):
        values = ["r"]
    with beside(sql_url) as raw:
        if sqlite:
            plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {text}", values)]
            # A list that is a parameter is a table too.
            scans = [line for line in plan if line.startswith("SCAN") and "VIRTUAL" not in line]
        else:
            raw.execute("SET enable_seqscan = off")  # which these small tables would have
            plan = [row[0] for row in raw.execute(f"EXPLAIN {text}", values)]
            scans = [line for line in plan if "Seq Scan" in line]
    assert not scans, plan
    wanted = INDEXED[statement]
    names = (wanted, f"{wanted}_pkey", "PRIMARY KEY")
    assert any(name in line for line in plan for name in names), plan
