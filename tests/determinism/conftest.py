"""Processes that differ in everything a process can differ in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Rows = dict[str, Any]


class Surroundings:
    """Starts the rig in a process with these surroundings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(
        self,
        action: str,
        file: Path,
        *modules: str,
        python: str = sys.executable,
        options: Sequence[str] = (),
        programs: Path = HERE / "programs",
        **env: str,
    ) -> subprocess.Popen[str]:
        """A process at work."""
        cwd = self.folder / f"cwd-{env.get('PYTHONHASHSEED', '')}"
        cwd.mkdir(exist_ok=True)
        keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        roots = [str(ROOT / name) for name in ("executor", "sandbox")]
        return subprocess.Popen(
            [python, "-B", *options, HERE / "rig.py", action, programs, file, *modules],
            env={**keep, "PYTHONPATH": os.pathsep.join(roots), **env},
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def finished(process: subprocess.Popen[str]) -> Rows:
    """What a process wrote; its errors are ours."""
    out, errors = process.communicate(timeout=90)
    assert (process.returncode, errors) == (0, ""), errors
    found: Rows = json.loads(out or "{}")
    return found


HOME_LIKE = {
    "PYTHONHASHSEED": "1",
    "TZ": "America/Lima",
    "LC_ALL": "C.UTF-8",
    "WFX_TEST_FLAVOUR": "vanilla",
}
ELSEWHERE = {
    "PYTHONHASHSEED": "4242",
    "TZ": "Asia/Tokyo",
    "LC_ALL": "C",
    "LANG": "de_DE.UTF-8",
    "WFX_TEST_FLAVOUR": "mint",
    "WFX_TEST_MISSING": "here it is set",
    "HOME": "/nonexistent",
    "PYDANTIC_ERRORS_INCLUDE_URL": "0",
    "PYTHONINTMAXSTRDIGITS": "0",
}


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    """A folder for processes."""
    return Surroundings(tmp_path_factory.mktemp("determinism"))


@pytest.fixture(scope="session")
def recorded_file(surroundings: Surroundings) -> Path:
    """The recordings of all rows, made in one process."""
    file = surroundings.folder / "recorded.json"
    assert finished(surroundings.begin("live", file, **HOME_LIKE)) == {}
    return file


@pytest.fixture(scope="session")
def recorded(recorded_file: Path) -> Rows:
    """What every row observed, by workflow name."""
    rows: Rows = json.loads(recorded_file.read_text("utf-8"))
    return rows


@pytest.fixture(scope="session")
def replayed(surroundings: Surroundings, recorded_file: Path) -> Callable[..., Rows]:
    """Replays all rows elsewhere."""

    def replay(*modules: str, **given: Any) -> Rows:
        settings = {**ELSEWHERE, **given}
        return finished(surroundings.begin("replay", recorded_file, *modules, **settings))

    return replay


def values(rows: Rows) -> dict[str, Any]:
    """What the rows observed."""
    return {name: row["value"] for name, row in rows.items()}


def differing(rows: Rows, others: Rows) -> dict[str, Any]:
    """Rows whose values differ, with both."""
    names = rows.keys() | others.keys()
    return {
        name: (rows.get(name, {}).get("value"), others.get(name, {}).get("value"))
        for name in sorted(names)
        if rows.get(name, {}).get("value") != others.get(name, {}).get("value")
    }
