"""
Every row of `programs/` observes the same when it is replayed anywhere else.

A row is a workflow that returns what it observed. All are recorded in one process, and
replayed in processes with another hash seed, zone, locale, environment, working directory,
clock, arguments, options of Python, and other Pythons where `WFX_TEST_PYTHONS` names them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def _sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"determinism_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rig = _sibling("rig")
processes = _sibling("conftest")

OF_THE_PROCESS = {
    "surroundings:environment",
    "surroundings:process",
    "surroundings:machine",
    "surroundings:interpreter",
    "surroundings:missing",
    "draws:uuids",
    "draws:factories",
}
"""Rows whose values are recorded because two runs may differ in them."""

SET_MODULES = ("sets", "identity", "tasks", "libraries")
SEEDS = 16


def test_every_row_ends_as_it_should(recorded: dict[str, Any]) -> None:
    """No row is refused; the rows that fail are those about failing."""
    odd = {name: row["value"] for name, row in recorded.items() if row["ended"] != "run_completed"}
    assert sorted(odd) == [
        "identity:raised_with_objects",
        "identity:uncaught",
        "identity:uncaught_from_library",
    ]


def test_all_rows_replay_to_the_same_values_elsewhere(
    recorded: dict[str, Any], replayed: Any
) -> None:
    """Another seed, zone, locale, environment, directory, home, clock, argv."""
    assert processes.differing(recorded, replayed()) == {}


@pytest.mark.parametrize(
    "options", [["-X", "dev"], ["-OO", "-W", "error"], ["-X", "utf8=0", "-b", "-s"]]
)
def test_options_of_python_change_nothing(
    recorded: dict[str, Any], replayed: Any, options: list[str]
) -> None:
    """Development mode, without assertions and docstrings, with warnings as errors."""
    assert processes.differing(recorded, replayed(options=options)) == {}


def test_a_second_live_run_elsewhere_observes_the_same(
    recorded: dict[str, Any], surroundings: Any
) -> None:
    """With the same seed and clock, only what is recorded of the surroundings may differ."""
    file = surroundings.folder / "elsewhere.json"
    processes.finished(surroundings.begin("live", file, **processes.ELSEWHERE))
    other = json.loads(file.read_text("utf-8"))
    found = processes.differing(recorded, other)
    assert {name: found[name] for name in found.keys() - OF_THE_PROCESS} == {}
    assert "surroundings:environment" in found, "the two processes did differ"


def test_sets_come_in_the_same_order_under_every_hash_seed(
    recorded: dict[str, Any], surroundings: Any, recorded_file: Path
) -> None:
    """One process per seed replays all rows about sets and identity."""
    names = {name for name in recorded if name.partition(":")[0] in SET_MODULES}
    waiting = [str(seed * 7919) for seed in range(SEEDS)]
    running: list[tuple[str, Any]] = []
    found = {}
    while waiting or running:
        while waiting and len(running) < 2:
            env = {**processes.ELSEWHERE, "PYTHONHASHSEED": waiting.pop()}
            process = surroundings.begin("replay", recorded_file, *SET_MODULES, **env)
            running.append((env["PYTHONHASHSEED"], process))
        seed, process = running.pop(0)
        rows = processes.finished(process)
        wanted = {name: recorded[name] for name in names}
        found[seed] = processes.differing(wanted, {name: rows[name] for name in names})
    assert found == {seed: {} for seed in found}
    assert len(found) == SEEDS


PYTHONS = [each for each in os.environ.get("WFX_TEST_PYTHONS", "").split(os.pathsep) if each]


@pytest.mark.skipif(not PYTHONS, reason="WFX_TEST_PYTHONS names no other Python")
@pytest.mark.parametrize("python", PYTHONS)
def test_rows_replay_on_other_pythons(recorded: dict[str, Any], replayed: Any, python: str) -> None:
    """Recorded here, replayed there: but for rows that show what is the version's own."""
    found = processes.differing(recorded, replayed(python=python))
    assert {name: found[name] for name in found.keys() - VERSION_TEXTS} == {}


VERSION_TEXTS = {"identity:of_the_version"}
"""Rows that show texts which Python itself changed."""


def test_nothing_is_of_the_host(recorded: dict[str, Any]) -> None:
    """No address, no year of the host's clock, no private name, no path of this machine."""
    wrong = {}
    for name, row in recorded.items():
        text = json.dumps([row["value"], row["printed"]])
        found = re.findall(r"0x[0-9a-f]{6,}|wfx-run-|wfx_sandbox/", text)
        if name not in OF_THE_PROCESS:
            found += re.findall(rf"\b20(?:2[4-9]|30)-\d\d-\d\dT|{re.escape(str(HERE))}", text)
        found = [each for each in found if not each.startswith(("0x9b8", "2030-", "0x400"))]
        if found:
            wrong[name] = found
    assert wrong == {}


def test_runs_leave_nothing_behind_in_their_process(recorded: dict[str, Any]) -> None:
    """Twice in one process, the second time in the opposite order: the same values."""
    before = list(sys.path)
    try:
        for module, program in rig.modules(HERE / "programs", ["state", "identity", "tasks"]):
            names = list(program.workflows)
            mine = {n: r for n, r in recorded.items() if n in names and n not in OF_THE_PROCESS}
            for order in (names, names[::-1]):
                rows = rig.lived(program, order)
                found = processes.differing(mine, {name: rows[name] for name in mine})
                assert found == {}, module
    finally:
        sys.path[:] = before


def test_runs_between_each_other_keep_apart(recorded: dict[str, Any]) -> None:
    """The same workflow many times at once: each has a module of its own."""
    before = list(sys.path)
    try:
        _, program = next(rig.modules(HERE / "programs", ["state"]))
        first = rig.lived(program)
        again = rig.lived(program)
        assert processes.differing(first, again) == {}
    finally:
        sys.path[:] = before


@pytest.mark.parametrize("name", ["clocks:many_readings", "draws:many_draws"])
def test_ten_thousand_draws_or_readings_make_a_small_log(
    recorded: dict[str, Any], name: str
) -> None:
    """They derive from one recorded value."""
    log = recorded[name]["log"]
    assert sum(len(line) + 1 for line in log) < 2048
    assert len(log) < 7


def test_text_is_shown_once_and_not_again_in_a_replay(recorded: dict[str, Any]) -> None:
    """Live it was printed; replays print nothing (the rig's output would be no JSON)."""
    assert recorded["state:printed"]["printed"] == ["one", "two\n"]
    assert recorded["tasks:left_running"]["printed"] == ["ended 0\n", "ended 1\n", "ended 2\n"]
    lines = recorded["identity:logged"]["printed"]
    assert lines[0] == (
        "<function function #1>|<identity.Plain object #2>|[<function function #1>]\n"
    )


def test_draws_never_change(recorded: dict[str, Any]) -> None:
    """Values for a fixed seed: logs depend on them for ever."""
    assert recorded["draws:functions"]["value"] == DRAWS
    assert recorded["draws:generators"]["value"][1:5] == SEEDED


DRAWS: list[Any] = [
    0.26371687688602075,
    47,
    1,
    13,
    "e",
    [3, 3, 2, 3, 2],
    ["b", "b", "b", "b", "b"],
    ["b", "b", "b", "b", "b"],
    [4, 8, 1, 9, 2, 5, 0, 7, 3, 6],
    [283, 531, 294, 481, 95],
    ["b", "b", "a", "a"],
    1.1860998844018,
    4.284150220120675,
    -0.3690871274559257,
    1.543466456142732,
    0.7845059456919181,
    0.4208298003349437,
    0.3479098316755259,
    1.0335213739760944,
    0.7815449654983659,
    1.2430646575534352,
    0.5613436757969608,
    1,
    {"$": "int", "value": "0x9b826bdbbe58be520282d3661"},
    {"$": "bytes", "value": "tk7Jad8="},
]
SEEDED: list[Any] = [
    0.05622661384546801,
    0.8711565613554825,
    0.37075677971469856,
    0.31273217859464997,
]
