"""
The short form of the chaos: real workers are killed, stopped, and lose their server.

The long one is the script: `python tests/chaos/chaos.py`.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def _script() -> Any:
    spec = importlib.util.spec_from_file_location("chaos_script", HERE / "chaos.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look for it there
    spec.loader.exec_module(module)
    return module


script = _script()

PLANS = {
    "postgresql": script.Plan(
        workers=3, runs=120, kill_seconds=3, restarts=1, stops=1, seconds_max=240
    ),
    "sqlite": script.Plan(
        database="sqlite", workers=2, runs=50, kill_seconds=3, stops=0, seconds_max=240
    ),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", sorted(PLANS))
def test_nothing_is_lost_and_nothing_is_done_that_the_log_does_not_know(database: str) -> None:
    """Every run ends with its result; bodies and logs agree; logs are legal and replay."""
    plan = PLANS[database]
    said: list[str] = []
    found = script.chaos(plan, said.append)

    told = "\n".join([*said, script.report(plan, found)])
    assert not found.wrong, told
    assert found.ends == {"completed": plan.runs}, told
    assert (found.restarts, found.stops) == (
        plan.restarts if database == "postgresql" else 0,
        plan.stops,
    ), told


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_the_same_for_longer(database: str) -> None:
    """As many runs as the script makes when it is asked for nothing else."""
    plan = script.Plan(database=database, workers=4 if database == "postgresql" else 2)
    found = script.chaos(plan)
    assert not found.wrong, script.report(plan, found)
