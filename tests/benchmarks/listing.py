"""
How long it takes to look at a world of many runs: 10,000 suspended ones, a million events.

    python tests/benchmarks/listing.py [--postgres URL] [--runs 10000] [--events 100]

The world is made in a temporary file, or in the empty database that URL names, through
`archive.write`. Then each question of an operator is asked in this process, as the command
line asks it, and its time is shown beside the time that starting `wfx --version` takes: that
is what a person waits anyway. The first ask of each question counts, on a fresh connection.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wfx.cli import invoke
from wfx.events import (
    Call,
    Event,
    HookCreated,
    RunCreated,
    RunStarted,
    StepCompleted,
    StepCreated,
    StepStarted,
    WaitCreated,
)
from wfx.ids import call_key, new_id
from wfx_world_sql import open_world

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
WORKFLOWS = 20
PARKED_EVERY = 500


def log(run_id: str, number: int, count: int) -> Iterator[Event]:
    """The log of a run that completed some steps, and now waits for a payload and a moment."""
    at = BEGAN + timedelta(seconds=number)

    def event(position: int, data: object, about: str | None = None) -> Event:
        return Event(new_id("evnt"), run_id, position, at, data, about)  # type: ignore[arg-type]  # any event

    created = RunCreated(
        deployment_id="d",
        workflow_name=f"shop:workflow_{number % WORKFLOWS}",
        input=[number],
        execution_context={"format": "wfx/1", "digest": "d"},
    )
    yield event(0, created)
    yield event(1, RunStarted())
    position = 2
    while position + 5 <= count:
        step_id = f"step_{call_key(run_id, '', position)}"
        call = Call("", position, "shop.py:7")
        step = StepCreated(step_name="shop:charge", input=[number, "x" * 50], call=call)
        yield event(position, step, step_id)
        yield event(position + 1, StepStarted(attempt=1), step_id)
        yield event(position + 2, StepCompleted(result={"paid": number}), step_id)
        position += 3
    hook = HookCreated(token=f"approve-{number}", call=Call("", position, "shop.py:9"))
    yield event(position, hook, f"hook_{call_key(run_id, '', position)}")
    wait = WaitCreated(
        delay=10**12, resume_at=at + timedelta(days=365), call=Call("", position + 1, "shop.py:9")
    )
    yield event(position + 1, wait, f"wait_{call_key(run_id, '', position + 1)}")


def build(url: str, runs: int, events: int) -> list[str]:
    """Fill an empty world; the ids of its runs."""
    ids = []
    with open_world(url) as world:
        for number in range(runs):
            ids.append(run_id := new_id("wrun"))
            parked = {"message": "held"} if number % PARKED_EVERY == 0 else None
            world.archive.write(run_id, list(log(run_id, number, events)), parked=parked)
            if number % PARKED_EVERY:
                # What a worker does with a run that has nothing to do now.
                (task,) = world.queue.claim("bench", run_id=run_id)
                world.queue.release(task.hold, read_through=events)
    return ids


def asked(*words: str) -> float:
    """Seconds that a command takes in this process."""
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        code = invoke(words)
    took = time.perf_counter() - began
    if code:
        raise SystemExit(f"wfx {' '.join(words)} failed: {out.getvalue()}")
    return took


def main() -> None:
    """Build, ask, and say."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--postgres", metavar="URL", help="an empty database")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.postgres or f"sqlite:///{Path(folder) / 'world.db'}"
        began = time.perf_counter()
        ids = build(url, given.runs, given.events)
        took = time.perf_counter() - began
        say(f"{given.runs} runs of {given.events} events, made in {took:.0f} s")
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "wfx", "--version"], check=True, capture_output=True)
        startup = time.perf_counter() - began
        asked("runs", "list", "--limit", "1", "--world", url)  # imports
        questions = [
            ("runs", "list"),
            ("runs", "list", "--limit", "1000"),
            ("runs", "list", "--workflow", "shop:workflow_7"),
            ("runs", "list", "--workflow", "shop:nothing"),
            ("runs", "list", "--status", "running"),
            ("runs", "list", "--status", "failed"),
            ("runs", "list", "--parked"),
            ("runs", "list", "--parked", "runaway"),
            ("runs", "list", "--since", "1h"),
            ("runs", "list", "--queue", "gpu"),
            ("runs", "show", ids[len(ids) // 2]),
            ("runs", "events", ids[0]),
            ("hook", "list"),
            ("queue",),
        ]
        say(f"starting `wfx --version`: {startup:.3f} s")
        slowest = 0.0
        for words in questions:
            took = asked(*words, "--world", url)
            slowest = max(slowest, took)
            say(f"{took:7.3f} s  {took / startup:6.2f} x start-up  wfx {' '.join(words)}")
        say(f"the slowest: {slowest / startup:.2f} x start-up")


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
