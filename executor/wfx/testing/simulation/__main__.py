"""
Run simulations: one again with its trace, so many, or as many as some minutes allow.

    python -m wfx.testing.simulation --seed 4711
    python -m wfx.testing.simulation --from 1000 --count 500
    python -m wfx.testing.simulation --minutes 15 --world sqlite
    python -m wfx.testing.simulation --count 500 --world postgresql://user@host/scratch
"""

from __future__ import annotations

import argparse
import itertools
import shlex
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from wfx.errors import WorldError
from wfx.passwords import hide_password
from wfx.testing.simulation.story import Failed, simulate
from wfx.testing.simulation.worlds import MakeWorld, worlds

_FAILURES_MAX: Final = 10


def again(seed: int, world: str = "memory") -> str:
    """The command that repeats one simulation."""
    command = f"python -m wfx.testing.simulation --seed {seed}"
    return (
        command if world == "memory" else f"{command} --world {shlex.quote(hide_password(world))}"
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


def _world(named: str) -> str:
    if named in ("memory", "sqlite") or named.startswith("postgres"):
        return named
    raise argparse.ArgumentTypeError("memory, sqlite or postgresql://… is wanted")


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate; 1 if something broke, 2 if there is no world to simulate in."""
    parser = argparse.ArgumentParser(
        prog="python -m wfx.testing.simulation",
        description="Many workers and everything that can go wrong, decided by a seed.",
    )
    parser.add_argument("--seed", type=int, help="one simulation, with its trace")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of many")
    parser.add_argument("--count", type=int, help="how many (default: 300, or as time allows)")
    parser.add_argument("--minutes", type=float, help="for so long, from the first seed on")
    parser.add_argument(
        "--world",
        type=_world,
        default="memory",
        help="memory, sqlite, or the URL of a PostgreSQL database that may be emptied",
    )
    given = parser.parse_args(argv)
    try:
        return _simulate(given)
    except WorldError as error:
        _tell(f"Error: {error}")
        return 2


def _simulate(given: argparse.Namespace) -> int:
    with worlds(given.world) as make:
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
