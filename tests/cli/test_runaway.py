"""Workflow code that does not come to rest costs its own run, and nobody else's."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Spawn = Callable[..., Any]
Wfx = Callable[..., Any]

MODULE = """
import re

from wfx import step, workflow


@step
async def ready(number: int) -> int:
    return number


@workflow
async def stuck(number: int) -> int:
    await ready(number)
    return len(re.findall("(a+)+$", "a" * 60 + "b"))


@workflow
async def fine(number: int) -> int:
    return await ready(number)


@workflow
async def greedy() -> int:
    await ready(1)
    return len(bytearray(8 * 2**30))
"""


@pytest.fixture
def limited(app: Path) -> Path:
    """A project whose activations may take half a second."""
    (app / "runaway.py").write_text(MODULE)
    settings = "[tool.wfx.limits]\nactivation_seconds = 0.5\nmemory_mb = 4096\n"
    (app / "pyproject.toml").write_text(settings)
    return app


@pytest.mark.usefixtures("limited")
def test_a_run_that_is_stuck_in_c_code_is_parked_with_the_place(spawn: Spawn, wfx: Wfx) -> None:
    """A regular expression that never ends; the same again after a release."""
    process = spawn("run", "runaway:stuck", "1")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    run_id = err.split()[0]
    assert f"Error: {run_id} is parked (runaway): its code ran for 0.5 s" in err
    assert "It was at runaway.py:15." in err
    assert "The limit is `activation_seconds` in `[tool.wfx.limits]` of pyproject.toml." in err
    events = wfx("runs", "events", run_id, "--json").json["events"]
    # Nothing of the activation that did not end is in the log, nor the outcome it was told
    # of before its commit: the step's attempt is a lost one.
    assert events[-1]["eventType"] == "step_started"
    assert wfx("release", run_id).code == 0


@pytest.mark.usefixtures("limited")
def test_a_worker_parks_the_stuck_run_and_goes_on_with_the_others(spawn: Spawn, wfx: Wfx) -> None:
    """Its supervisor starts another child."""
    worker = spawn("worker", "runaway")
    worker.read_until("Ctrl-C to leave")
    stuck = wfx("start", "runaway:stuck", "1").out.strip()
    worker.read_until(f"{stuck} parked: its code ran for 0.5 s")
    fine = wfx("start", "runaway:fine", "2").out.strip()
    worker.read_until(f"{fine} completed")
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=20)
    assert worker.returncode == 0


@pytest.mark.usefixtures("limited")
def test_memory_beyond_the_limit_parks_the_run(spawn: Spawn) -> None:
    """MemoryError depends on the machine, so it is no failure of the workflow."""
    process = spawn("run", "runaway:greedy")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert "is parked (violation)" in err
