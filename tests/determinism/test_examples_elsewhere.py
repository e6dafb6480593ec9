"""A finished run of every example replays from its exported log in another process."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wfx_sandbox import load_program

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "docs" / "examples"


def _sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"determinism_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rig = _sibling("rig")
processes = _sibling("conftest")

ORDER = {"id": "B2", "items": [{"sku": "lamp", "price": "40"}]}
ARGS: dict[str, list[Any]] = {
    "agent:investigate": ["Which is farther from Earth, Mars or Saturn?"],
    "checkout:checkout": [ORDER, 3600, 0.05],
    "fan_out:count_words": [],
    "quickstart:quickstart": ["Ada", 0.05],
    "saga:book_trip": ["Atlantis"],
}
MODULES = sorted(path.stem for path in EXAMPLES.glob("*.py") if "@workflow" in path.read_text())
"""Those that define workflows; the web service starts what others define."""


@pytest.fixture(autouse=True)
def _own_path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before


def test_every_example_is_here() -> None:
    """A new example is replayed elsewhere as well."""
    assert sorted({name.partition(":")[0] for name in ARGS}) == MODULES


def test_finished_runs_of_the_examples_replay_elsewhere(surroundings: Any) -> None:
    """Another hash seed, zone, locale, environment, directory and clock: the same output."""
    recorded: dict[str, Any] = {}
    for module in MODULES:
        program = load_program(module, app_dir=EXAMPLES)
        recorded |= rig.lived(program, args=ARGS)
    assert {row["ended"] for row in recorded.values()} == {"run_completed"}
    file = surroundings.folder / "examples.json"
    file.write_text(json.dumps(recorded), "utf-8")
    replayed = processes.finished(
        surroundings.begin("replay", file, programs=EXAMPLES, **processes.ELSEWHERE)
    )
    assert processes.differing(recorded, replayed) == {}
