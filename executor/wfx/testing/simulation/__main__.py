"""
Run simulations: one again with its trace, so many, or as many as some minutes allow.

    python -m wfx.testing.simulation --seed 4711
    python -m wfx.testing.simulation --from 1000 --count 500
    python -m wfx.testing.simulation --minutes 15 --world sqlite
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from wfx.memory import MemoryWorld
from wfx.testing.simulation.story import Failed, MakeWorld, simulate

if TYPE_CHECKING:
    from wfx.clock import Clock
    from wfx.world import World

_FAILURES_MAX: Final = 10


def sqlite_worlds(folder: Path) -> MakeWorld:
    """Makes worlds in SQLite files, each in a fresh one."""
    from wfx_world_sql import open_world

    numbers = itertools.count()

    def make(clock: Clock) -> World:
        world = open_world(f"sqlite:///{folder / f'{next(numbers)}.db'}", clock=clock)
        return cast("World", world)

    return make


def again(seed: int, world: str = "memory") -> str:
    """The command that repeats one simulation."""
    return f"python -m wfx.testing.simulation --seed {seed}" + (
        "" if world == "memory" else f" --world {world}"
    )


def lines(trace: Iterable[tuple[int, str, str]]) -> list[str]:
    """A trace for readers: seconds, who, what."""
    entries = list(trace)
    began = entries[0][0] if entries else 0
    return [f"{(us - began) / 1e6:10.3f}  {who:<12} {what}" for us, who, what in entries]


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _one(seed: int, make_world: MakeWorld) -> int:
    try:
        story = simulate(seed, make_world)
    except Failed as failed:
        for line in lines(failed.trace):
            _tell(line)
        _tell("".join(traceback.format_exception(failed.reason, limit=-8)))
        _tell(str(failed))
        return 1
    for line in lines(story.trace):
        _tell(line)
    _tell(f"seed {seed}: well; {story.turns} turns, {story.events} events")
    return 0


def _many(seeds: Iterable[int], until: float, world: str, make_world: MakeWorld) -> int:
    passed, failed, events = 0, 0, 0
    situations: Counter[str] = Counter()
    began = time.process_time()
    for seed in seeds:
        if time.monotonic() >= until or failed == _FAILURES_MAX:
            break
        try:
            story = simulate(seed, make_world)
        except Failed as error:
            failed += 1
            _tell(f"{error}\n    {again(seed, world)}")
        else:
            passed += 1
            events += story.events
            situations += story.situations
    for situation, count in sorted(situations.items()):
        _tell(f"{count:8}  {situation}")
    seconds = time.process_time() - began
    _tell(f"{passed} simulations passed, {failed} failed; {events} events, {seconds:.0f} s of CPU")
    return 1 if failed else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate; 1 if something broke."""
    parser = argparse.ArgumentParser(
        prog="python -m wfx.testing.simulation",
        description="Many workers and everything that can go wrong, decided by a seed.",
    )
    parser.add_argument("--seed", type=int, help="one simulation, with its trace")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of many")
    parser.add_argument("--count", type=int, help="how many (default: 300, or as time allows)")
    parser.add_argument("--minutes", type=float, help="for so long, from the first seed on")
    parser.add_argument("--world", choices=["memory", "sqlite"], default="memory")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        make: MakeWorld = MemoryWorld if given.world == "memory" else sqlite_worlds(Path(folder))
        if given.seed is not None:
            return _one(given.seed, make)
        until = float("inf") if given.minutes is None else time.monotonic() + 60 * given.minutes
        count = given.count or (300 if given.minutes is None else None)
        seeds = (
            itertools.count(given.first)
            if count is None
            else range(given.first, given.first + count)
        )
        return _many(seeds, until, given.world, make)


if __name__ == "__main__":
    sys.exit(main())
