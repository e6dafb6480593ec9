"""
Sleeping runs: how late they wake, and what memory they take.

    python tests/benchmarks/sleepers.py [--sleepers N …] [--suspended N] [--no-postgres]

Sleepers are runs of `asyncio.sleep(1)`, created at the rate of one a millisecond while a
worker in this process serves them. Late is the time from a wait's moment to its
`wait_completed`, and to the commit of what the code did next, by the world's clock. The
floor is a commit of its row by hand. Memory is that of this process when so many runs
sleep for a day.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from pathlib import Path
from typing import Any

from floors import Place, UntilEnded, bench, parser, tell

from wfx.clock import to_us
from wfx.events import NewEvent, WaitCompleted, WaitCreated
from wfx.ids import new_id
from wfx.launch import run_created
from wfx.workers.worker import Worker
from wfx.world import Append


async def woken(place: Place, program: Any, count: int) -> list[str]:
    """Let so many runs sleep and wake; their ids."""
    ids = [new_id("wrun") for _ in range(count)]
    created = run_created(program, "bench_module:sleeper", [1.0])
    observer = UntilEnded(count)
    observer.worker = Worker(place.world, [program], observer=observer)

    def client() -> None:
        start = time.perf_counter()
        for number, id in enumerate(ids):
            place.world.events.create(id, NewEvent(created))
            time.sleep(max(0.0, start + number / 1000 - time.perf_counter()))

    starting = threading.Thread(target=client)
    starting.start()
    await observer.worker.serve()
    starting.join()
    return ids


def lateness(place: Place, program: Any, count: int) -> None:
    """How late the timers of so many sleepers fire, and their code goes on."""
    ids = asyncio.run(woken(place, program, count))
    fired: list[float] = []
    went_on: list[float] = []
    for id in ids:
        log = place.world.events.list(id)
        (due,) = [to_us(e.data.resume_at) for e in log if isinstance(e.data, WaitCreated)]
        (at,) = [to_us(e.created_at) for e in log if isinstance(e.data, WaitCompleted)]
        fired.append((at - due) / 1000)
        went_on.append((to_us(log[-1].created_at) - due) / 1000)
    mark = "?" if place.name == "sqlite" else "%s"
    key = new_id("wrun")
    row = f"INSERT INTO slept (run_id, seq) VALUES ({mark}, {mark})"
    commits = [[(row, [(key, number)])] for number in range(100)]
    hand = place.by_hand(commits) * 10

    def shown(values: list[float]) -> str:
        values.sort()
        return f"p50 {statistics.median(values):.1f} ms, p95 {values[int(count * 0.95)]:.1f} ms"

    tell(
        f"{place.name} {count} sleepers: timers late by {shown(fired)}; code went on after "
        f"{shown(went_on)}; a commit by hand {hand:.1f} ms"
    )


async def asleep(place: Place, program: Any, count: int) -> tuple[float, float]:
    """Seconds until so many runs sleep for a day, served by one worker; megabytes then."""
    created = run_created(program, "bench_module:sleeper", [86_400.0])
    for first in range(0, count, 1000):
        place.world.events.create_group(
            [
                Append(new_id("wrun"), [NewEvent(created)])
                for _ in range(first, min(count, first + 1000))
            ]
        )
    left = count
    done = asyncio.Event()

    class Counting(UntilEnded):
        def suspended(self, run_id: str, runner: Any) -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set()

    worker = Worker(place.world, [program], observer=Counting(0))
    start = time.perf_counter()
    serving = asyncio.ensure_future(worker.serve())
    await done.wait()
    await asyncio.sleep(0.5)  # until their claims are given back
    seconds = time.perf_counter() - start - 0.5
    resident = _rss()
    worker.stop()
    await serving
    return seconds, resident


def _rss() -> float:
    """Resident megabytes of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError


def memory(place: Place, program: Any, count: int) -> None:
    """What so many suspended runs take."""
    before = _rss()
    seconds, resident = asyncio.run(asleep(place, program, count))
    tell(
        f"{place.name} {count} suspended runs: {before:.0f} MB before, {resident:.0f} MB "
        f"with them; {count / seconds:.0f} runs/s fell asleep"
    )


def main() -> None:
    """Both on both databases."""
    arguments = parser(__doc__)
    arguments.add_argument("--sleepers", type=int, nargs="*", default=[200, 1000])
    arguments.add_argument("--suspended", type=int, default=10_000)
    options = arguments.parse_args()
    with bench(options) as (_, program, places):
        for place in places:
            place.write([("CREATE TABLE slept (run_id text, seq int)", [()])])
            for count in options.sleepers:
                lateness(place, program, count)
            memory(place, program, options.suspended)


if __name__ == "__main__":
    main()
