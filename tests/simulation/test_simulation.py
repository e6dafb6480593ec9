"""
Several workers and clients in virtual time, and everything that can go wrong.

Each seed is a simulation of its own: what is judged after every commit stands in
`wfx.testing.simulation.judge`. A failing seed names the command that shows it again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest

import pytest

from wfx.events import NewEvent, RunCreated
from wfx.memory import MemoryWorld
from wfx.testing.simulation import Failed, simulate
from wfx.testing.simulation.__main__ import again, lines, main
from wfx.testing.simulation.worlds import MakeWorld, worlds
from wfx_world_sql import open_world

SEEDS = range(600)
SEEDS_SQL = range(10_000, 10_025)
TRACE_LINES = 60

SOMETIMES = (
    # Trouble …
    "crash before a commit",
    "crash after a commit",
    "a process killed",
    "a process asked to stop",
    "request lost",
    "answer lost",
    "late request executed",
    "late request refused (LeaseLost)",
    "the world out of reach",
    "a worker gave up because the world did not answer",
    "a host's clock jumped",
    "the world's clock jumped",
    "a payload nobody waits for",
    "payload came too late",
    "run cancelled",
    # … and what comes of it.
    "repeat answered with what is stored",
    "run taken over after its lease ended",
    "step taken over after its lease ended",
    "claim of a dead process ended at once",
    "takeover while a commit was on its way",
    "lease lost while a body runs",
    "outcome of a lost claim refused",
    "lost bet",
    "facts judged singly",
    "late outcome after cancellation",
    "outcome after the run's end",
    "run ended while a body runs",
    "step cancelled while its body runs",
    "a cancel lost against the end of its target",
    "step executed by another worker than the run's",
    "a worker that stops gives a step back",
    "step given up after too many lost attempts",
    "run parked after three deaths",
    "attempt timed out",
    "third attempt",
    "hook conflict",
    "several waits due at once",
    "run claimed again by who gave it back",
    "a kept run went on",
    "eviction, then news",
    # Queues, their limits, and whose turn it is.
    "limits changed",
    "a step waited for its queue",
    "a step waited for its key",
    "a step waited for a rate",
    "a step waited for the rate of its key",
    "what had to wait kept nobody else waiting",
    "an urgent task went before an older one",
    "a step began at a worker that does not serve all queues",
)
"""Situations that must have come up: a simulation that does not explore proves nothing."""


def simulated(seeds: Iterable[int]) -> Counter[str]:
    """What was seen in all of them; fails with a trace at the first that broke."""
    situations: Counter[str] = Counter()
    for seed in seeds:
        try:
            situations += simulate(seed).situations
        except Failed as failed:
            pytest.fail(shown(failed), False)
    return situations


def shown(failed: Failed, world: str = "memory") -> str:
    """The end of what happened, and how to see all of it."""
    trace = "\n".join(lines(failed.trace)[-TRACE_LINES:])
    return f"{trace}\n{failed}\nAgain, with all of it: {again(failed.seed, world)}"


@pytest.mark.timeout(600)
def test_whatever_goes_wrong_every_run_ends_right_and_every_log_is_legal() -> None:
    """600 simulations; and among them every situation that they are made for."""
    situations = simulated(SEEDS)
    never = [situation for situation in SOMETIMES if not situations[situation]]
    assert not never, f"the simulations do not explore any more: {never}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_seed_is_the_same_story_in_every_kind_of_world(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """Who gets which claim, what is refused, who is told of it: worlds agree, call by call."""
    named = kind if kind == "sqlite" else request.getfixturevalue("postgres_url")
    with worlds(named) as make_world:
        for seed in SEEDS_SQL:
            for there, in_memory in zip_longest(
                told(seed, make_world, named), told(seed, MemoryWorld, "memory")
            ):
                assert there == in_memory, f"{again(seed, named)} differs from {again(seed)}"


def told(seed: int, make_world: MakeWorld, world: str) -> list[str]:
    """The trace of one simulation, which goes well."""
    try:
        return lines(simulate(seed, make_world).trace)
    except Failed as failed:
        pytest.fail(shown(failed, world), False)


def test_a_simulation_empties_no_database_that_has_runs(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was the URL of somebody's world; nothing was touched."""
    with open_world(postgres_url) as world:
        created = RunCreated(deployment_id="d", workflow_name="w:f", input=[])
        run_id = world.events.create(None, NewEvent(created)).event.run_id

        assert main(["--count", "1", "--world", postgres_url]) == 2

        assert "it has runs, and a simulation empties its database" in capsys.readouterr().out
        assert world.runs.get(run_id).status == "pending"


def test_a_seed_decides_everything() -> None:
    """Two processes with different hash seeds write the same traces."""
    traces = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", TRACES],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        traces.append(done.stdout.splitlines())

    assert len(traces[0]) > 1000
    for first, second in zip(*traces, strict=True):
        assert first == second


TRACES = """
from wfx.testing.simulation import simulate
from wfx.testing.simulation.__main__ import lines
for seed in range(20):
    print(seed, *lines(simulate(seed).trace), sep="\\n")
"""


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_seeds_nobody_tried_before() -> None:
    """For WFX_SIMULATION_MINUTES (one if not set), from a seed that is new each time."""
    until = time.monotonic() + 60 * float(os.environ.get("WFX_SIMULATION_MINUTES", "1"))
    seed = time.time_ns() // 1000 % 10**9 * 1000
    while time.monotonic() < until:
        simulated(range(seed, seed + 100))
        seed += 100
