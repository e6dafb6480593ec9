"""
What an append of a sequential step costs, against the same rows written by hand.

    python tests/benchmarks/append_floor.py [--postgres URL] [--steps N] [--rounds N]

An append carries [step_completed, step_created, step_started], with `after` and fences; the
floor writes the same rows in the same commits with the driver alone, and decides nothing.
Both run in turns in one process; each prints its median and the ratio of medians of the
same rounds. The world's commits are counted and printed: one a step.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from wfx.clock import SystemClock
from wfx.codec import dumps
from wfx.events import (
    Call,
    NewEvent,
    RunCreated,
    RunStarted,
    StepCompleted,
    StepCreated,
    StepStarted,
)
from wfx.ids import call_key, new_id
from wfx_world_sql import SqlWorld, open_world
from wfx_world_sql.compiled.postgresql import POSTGRESQL
from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.compiled.sqlite import SQLITE

AMOUNT = {"$": "decimal", "value": "12.50"}
INPUT: Any = [{"$": "model", "class": "bench_module:Item", "fields": {"id": 1, "amount": AMOUNT}}]
RESULT: Any = {
    "$": "model",
    "class": "bench_module:Receipt",
    "fields": {"ok": True, "receipt": "r-0001"},
}
"""As the two models of `sequential.py` are encoded."""
OWNER = "host/12345/dd78fb5e993a/0fa7c8afef21"
STEP = "bench_module:charge"
PLACE = "bench_module.py:28"


class Moment(NamedTuple):
    """When something happened, by two clocks, in seconds."""

    wall: float
    cpu: float
    """Processor time of this process."""

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(time.perf_counter(), time.process_time())


def engine(world: SqlWorld, steps: int) -> float:
    """Seconds a step, through the world."""
    created = NewEvent(RunCreated(deployment_id="d", workflow_name="bench:w", input=INPUT))
    event = world.events.create(None, created).event
    assert event is not None
    run_id = event.run_id
    (task,) = world.queue.claim(OWNER, run_id=run_id)
    ids = [f"step_{call_key(run_id, '', number)}" for number in range(steps + 1)]

    def begin(number: int) -> list[NewEvent]:
        made = StepCreated(step_name=STEP, input=INPUT, call=Call("", number, PLACE))
        return [NewEvent(made, ids[number]), NewEvent(StepStarted(attempt=1), ids[number])]

    first = [NewEvent(RunStarted()), *begin(0)]
    after = len(world.events.create_batch(run_id, first, after=0, fence=[task.hold]))
    start = time.perf_counter()
    for number in range(steps):
        batch = [NewEvent(StepCompleted(result=RESULT), ids[number]), *begin(number + 1)]
        fence = [task.hold, (ids[number], 1)]
        world.events.create_batch(run_id, batch, after=after, fence=fence)
        after += 3
    return (time.perf_counter() - start) / steps


def floor(write: Callable[[list[tuple[str, list[Any]]]], None], sql: Sql, steps: int) -> float:
    """Seconds a step, by hand."""
    moments = floor_moments(write, sql, steps)
    return (moments[-1].wall - moments[0].wall) / steps


def floor_moments(
    write: Callable[[list[tuple[str, list[Any]]]], None], sql: Sql, steps: int
) -> list[Moment]:
    """The moments of the commits by hand, the first of them that before the first step."""
    clock = SystemClock()
    run_id = new_id("wrun")
    now = clock.now_us()
    run = (run_id, "bench:w", "d", "running", None, None, None, None, None)
    write([(sql.run_insert, [(*run, now, now, None, now, 4, 2, 1)])])
    ids = [f"step_{call_key(run_id, '', number)}" for number in range(steps + 1)]
    task = (
        "step",
        run_id,
        STEP,
        "default",
        now,
        OWNER,
        1,
        0,
        False,
        None,
        None,
        "[]",
        0,
        "",
    )
    given, result = dumps(INPUT), dumps(RESULT)
    call = f'"call":{{"scope":"","ordinal":%d,"place":"{PLACE}"}}'
    data = (
        f'{{"result":{result}}}',
        f'{{"stepName":"{STEP}","input":{given},{call}}}',
        '{"attempt":1}',
    )
    types = ("step_completed", "step_created", "step_started")

    def step(id: str, number: int, now: int) -> tuple[Any, ...]:
        call = f'["",{number},"{PLACE}"]'
        state = (run_id, id, STEP, "running", 1, 0, given, None, None, None)
        return (*state, "default", None, call, now, now, None, now, 3 * number, 3 * number + 1)

    write([(sql.step_insert, [step(ids[0], 0, now)]), (sql.task_insert, [(ids[0], *task)])])
    moments = [Moment.now()]
    position = 4
    for number in range(steps):
        now = clock.now_us()
        old, new = ids[number], ids[number + 1]
        texts = (data[0], data[1] % number, data[2])
        events = [
            (run_id, position + k, new_id("evnt"), types[k], new if k else old, now, texts[k], None)
            for k in range(3)
        ]
        position += 3
        done = ("completed", 1, 0, result, None, None, now, now, now, position, run_id, old)
        write(
            [
                (sql.event_insert, events),
                (sql.run_extend, [(position, position - 1, position - 2, run_id)]),
                (sql.step_move, [done]),
                (sql.step_insert, [step(new, number + 1, now)]),
                (sql.task_delete, [(old,)]),
                (sql.task_insert, [(new, *task)]),
            ]
        )
        moments.append(Moment.now())
    return moments


def sqlite_by_hand(path: Path) -> Callable[[list[tuple[str, list[Any]]]], None]:
    """Write on the standard library's driver, with our pragmas."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA synchronous = FULL")

    def write(work: list[tuple[str, list[Any]]]) -> None:
        raw.execute("BEGIN IMMEDIATE")
        for statement, rows in work:
            if len(rows) == 1:
                raw.execute(statement, rows[0])
            else:
                raw.executemany(statement, rows)
        raw.execute("COMMIT")

    return write


def postgres_by_hand(url: str) -> Callable[[list[tuple[str, list[Any]]]], None]:
    """Write on psycopg as its documentation shows it, prepared."""
    import psycopg

    raw = psycopg.connect(url)
    raw.prepare_threshold = 1

    def write(work: list[tuple[str, list[Any]]]) -> None:
        with raw.transaction(), raw.cursor() as cursor:
            for statement, rows in work:
                if len(rows) == 1:
                    cursor.execute(statement, rows[0])
                else:
                    cursor.executemany(statement, rows)

    return write


def compare(
    name: str,
    world: SqlWorld,
    write: Callable[[list[tuple[str, list[Any]]]], None],
    sql: Sql,
    commits: Callable[[], int],
    *,
    steps: int,
    rounds: int,
) -> None:
    """Rounds of both in turns, the order turned round every second time."""
    ours: list[float] = []
    hand: list[float] = []
    made = 0
    for number in range(rounds):
        order = (True, False) if number % 2 else (False, True)
        for by_world in order:
            if by_world:
                before = commits()
                ours.append(engine(world, steps))
                made += commits() - before
            else:
                hand.append(floor(write, sql, steps))
    ratio = statistics.median(a / b for a, b in zip(ours, hand, strict=True))
    sys.stdout.write(
        f"{name}: world {statistics.median(ours) * 1e6:.0f} us a step, by hand "
        f"{statistics.median(hand) * 1e6:.0f} us, ratio {ratio:.2f}, "
        f"{made / (rounds * steps):.3f} commits a step\n"
    )


def main() -> None:
    """Run on SQLite, and on PostgreSQL if a URL of an empty database is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sizes = {"steps": options.steps, "rounds": options.rounds}
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "world.db"
        with open_world(f"sqlite:///{path}") as world:
            counted = _count_commits(world)
            compare("sqlite", world, sqlite_by_hand(path), SQLITE, counted, **sizes)
    if options.postgres:
        with open_world(options.postgres) as world:
            counted = _count_commits(world)
            by_hand = postgres_by_hand(options.postgres)
            compare("postgresql", world, by_hand, POSTGRESQL, counted, **sizes)


def _count_commits(world: SqlWorld) -> Callable[[], int]:
    """Count the commits of the world's connections."""
    from wfx_world_sql import postgres, sqlite

    count = 0
    for connection in (sqlite.SqliteConnection, postgres.PostgresConnection):
        commit = connection.commit

        def counting(self: Any, commit: Any = commit) -> None:
            nonlocal count
            count += 1
            commit(self)

        connection.commit = counting  # type: ignore[method-assign] # that is how it is counted
    return lambda: count


if __name__ == "__main__":
    main()
