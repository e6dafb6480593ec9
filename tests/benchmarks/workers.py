"""
Worker processes: a backlog of short runs drained by 1, 2 and 4, and how soon a result comes.

    python tests/benchmarks/workers.py [--runs N] [--rounds N] [--calls N] [--no-postgres]

The workers are `wfx worker` processes that wait when the runs are created, in one
transaction; a drain lasts until the last run has ended. `busy` runs have three steps that
compute for two milliseconds each: there two workers should be nearly twice as fast on two
processors. The row floor of the drain writes the rows of one worker by hand, in its commits.

A call is a run of one step: in this process (`Client.run`), and by a worker (`Client.start`,
then `result`). Its floor writes the rows and commits of one such run by hand, one after the
other, and needs nobody to be woken.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from floors import MODULE, Place, bench, drained, noting, parser, tell

from wfx.client import Client
from wfx.clock import to_us
from wfx.events import NewEvent
from wfx.ids import new_id
from wfx.launch import run_created, start_run
from wfx.world import Append

BUSY = """

@step
def compute(milliseconds: float) -> int:
    import time

    end = time.thread_time() + milliseconds / 1000
    turns = 0
    while time.thread_time() < end:
        turns += 1
    return turns


@workflow
async def busy(steps: int) -> int:
    for _ in range(steps):
        await compute(2.0)
    return steps
"""


@contextmanager
def workers(folder: Path, place: Place, count: int) -> Iterator[None]:
    """So many worker processes, all of them ready."""
    command = [sys.executable, "-m", "wfx", "worker", "bench_module", "--world", place.url]
    made = [
        subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        for worker in made:
            assert worker.stderr is not None
            for line in worker.stderr:
                if "working on" in line:
                    break
        time.sleep(0.2)  # until they wait
        yield
    finally:
        for worker in made:
            worker.terminate()
        for worker in made:
            worker.communicate(timeout=30)


def drain(place: Place, program: Any, workflow: str, runs: int) -> float:
    """Seconds from the runs' creation until the last of them has ended."""
    ids = [new_id("wrun") for _ in range(runs)]
    created = run_created(program, f"bench_module:{workflow}", [3])
    answers = place.world.events.create_group([Append(id, [NewEvent(created)]) for id in ids])
    assert all(isinstance(answer, list) for answer in answers)
    while place.world.queue.list(limit=1):
        time.sleep(0.01)
    found = [place.world.runs.get(id, "none") for id in ids]
    ends = [to_us(run.completed_at) for run in found if run.completed_at is not None]
    assert len(ends) == runs
    return (max(ends) - min(to_us(run.created_at) for run in found)) / 1e6


def floor_of(place: Place, program: Any, workflow: str, args: list[Any], runs: int) -> float:
    """Seconds to write by hand what one worker writes."""
    with noting() as noted:
        for _ in range(runs):
            start_run(place.world, program, f"bench_module:{workflow}", args)
        created = noted.taken()
        asyncio.run(drained(place.world, program, runs))
        if runs == 1:
            return place.by_hand(created + noted.taken())
        for commit in created:
            place.write(commit)
        return place.by_hand(noted.taken())


def drains(folder: Path, place: Place, program: Any, runs: int, rounds: int) -> None:
    """Both kinds of runs, by 1, 2 and 4 workers."""
    for workflow in ("short", "busy"):
        seconds: dict[int, list[float]] = {1: [], 2: [], 4: []}
        floors: list[float] = []
        for _ in range(rounds):
            floors.append(floor_of(place, program, workflow, [3], runs))
            for count in seconds:
                with workers(folder, place, count):
                    seconds[count].append(drain(place, program, workflow, runs))
        rates = {count: runs / statistics.median(took) for count, took in seconds.items()}
        shown = ", ".join(f"{rate:.0f} by {count}" for count, rate in rates.items())
        gains = {
            count: statistics.median(
                one / many for one, many in zip(seconds[1], seconds[count], strict=True)
            )
            for count in (2, 4)
        }
        ratio = statistics.median(f / s for f, s in zip(floors, seconds[1], strict=True))
        tell(
            f"{place.name} drain {workflow} {runs} x 3: {shown} runs/s; 2 workers {gains[2]:.2f} "
            f"times 1, 4 workers {gains[4]:.2f} times; 1 worker {ratio:.2f} of the row floor"
        )


def calls(folder: Path, place: Place, program: Any, count: int) -> None:
    """How soon the result of a run of one step is there."""
    client = Client(place.world, programs=[program])
    name = "bench_module:one"
    floors = [floor_of(place, program, "one", [1], 1) * 1e3 for _ in range(count)]

    def timed(call: Any) -> list[float]:
        took: list[float] = []
        for number in range(count + 3):
            start = time.perf_counter()
            call(number)
            took.append((time.perf_counter() - start) * 1e3)
        return sorted(took[3:])

    here = timed(lambda number: client.run(name, number))
    with workers(folder, place, 1):
        there = timed(lambda number: client.start(name, number).result(timeout=30))
    hand = statistics.median(floors)
    for what, took in (("in process", here), ("client to worker", there)):
        p50, p95 = statistics.median(took), took[int(len(took) * 0.95)]
        tell(
            f"{place.name} call {what}: p50 {p50:.1f} ms, p95 {p95:.1f} ms; by hand {hand:.1f} ms, "
            f"{p50 / hand:.1f} times the floor"
        )


def main() -> None:
    """All of it on both databases."""
    arguments = parser(__doc__, rounds=5)
    arguments.add_argument("--runs", type=int, default=300)
    arguments.add_argument("--calls", type=int, default=60)
    options = arguments.parse_args()
    with bench(options, MODULE + BUSY) as (folder, program, places):
        for place in places:
            calls(folder, place, program, options.calls)
            drains(folder, place, program, options.runs, options.rounds)


if __name__ == "__main__":
    main()
