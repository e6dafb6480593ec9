"""
Many appends at once: a fan-out of steps in one run, and a backlog of short runs.

    python tests/benchmarks/groups.py [--steps N] [--runs N] [--rounds N] [--no-postgres]

One worker does the work in this process, with the sandbox on, arguments and results
validated, durability at its defaults. The row floor writes the same rows in the same commits
by hand (see floors.py); the raw floor writes one row a step in as many commits. Rounds of ours
and the floors alternate; what counts is the median of the ratios. Bytes a step are those of
all tables and indexes.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

from floors import Noted, Place, bench, drained, noting, parser, tell

from wfx.ids import new_id
from wfx.launch import start_run

RAW_ROW = '{"stepName":"bench:s","result":{"ok":true,"receipt":"r-0001"}}'


def round_of(
    place: Place, program: Any, noted: Noted, workflow: str, args: list[Any], runs: int
) -> tuple[float, float, float, int]:
    """Seconds of ours, of this process's processor in it, seconds by hand; commits of ours."""
    for _ in range(runs):
        start_run(place.world, program, f"bench_module:{workflow}", args)
    for commit in noted.taken():
        place.write(commit)
    before = time.process_time()
    seconds = asyncio.run(drained(place.world, program, runs))
    spent = time.process_time() - before
    commits = noted.taken()
    return seconds, spent, place.by_hand(commits), len(commits)


def raw(place: Place, steps: int, commits: int) -> float:
    """Seconds to write one row a step, by hand, in so many commits."""
    mark = "?" if place.name == "sqlite" else "%s"
    statement = f"INSERT INTO raw (run_id, seq, data) VALUES ({mark}, {mark}, {mark})"
    run_id = new_id("wrun")
    rows = [(run_id, number, RAW_ROW) for number in range(steps)]
    size = max(1, -(-steps // commits))
    start = time.perf_counter()
    for first in range(0, steps, size):
        place.write([(statement, rows[first : first + size])])
    return time.perf_counter() - start


def compare(
    place: Place,
    program: Any,
    workflow: str,
    args: list[Any],
    *,
    runs: int,
    steps: int,
    rounds: int,
) -> None:
    """Rounds of one workload."""
    ours: list[float] = []
    hand: list[float] = []
    least: list[float] = []
    spent: list[float] = []
    made = 0
    before = place.size()
    with noting() as noted:
        for _ in range(rounds):
            seconds, cpu, floor, commits = round_of(place, program, noted, workflow, args, runs)
            ours.append(seconds)
            spent.append(cpu)
            hand.append(floor)
            least.append(raw(place, steps, commits))
            made += commits
    grown = (place.size() - before) / (rounds * steps)
    ratio = statistics.median(b / a for a, b in zip(ours, hand, strict=True))
    to_raw = statistics.median(b / a for a, b in zip(ours, least, strict=True))
    seconds = statistics.median(ours)
    tell(
        f"{place.name} {workflow} {runs} x {steps // runs}: {steps / seconds:.0f} steps/s, "
        f"{runs / seconds:.1f} runs/s; {ratio:.2f} of the row floor, {to_raw:.3f} of the raw "
        f"floor; {statistics.median(spent) / steps * 1e6:.0f} us of processor a step; "
        f"{made / rounds:.0f} commits a round; {grown:.0f} bytes a step"
    )


def main() -> None:
    """Both workloads on both databases."""
    arguments = parser(__doc__)
    arguments.add_argument("--steps", type=int, default=1000, help="of the fan-out")
    arguments.add_argument("--runs", type=int, default=500, help="of the backlog")
    options = arguments.parse_args()
    with bench(options) as (_, program, places):
        for place in places:
            key = "PRIMARY KEY (run_id, seq)"
            place.write([(f"CREATE TABLE raw (run_id text, seq int, data text, {key})", [()])])
            rounds = options.rounds
            given = {"runs": 1, "steps": options.steps, "rounds": rounds}
            compare(place, program, "fan_out", [options.steps], **given)
            given = {"runs": options.runs, "steps": options.runs * 3, "rounds": rounds}
            compare(place, program, "short", [3], **given)


if __name__ == "__main__":
    main()
