"""
Every program of `tests/ordinary` gives in the sandbox what it gives in plain Python.

They are written as people write workflows. What the sandbox refuses wrongly, leaves out or does
differently shows as a difference, or not at all.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import wfx_sandbox
from wfx.codec import HOST, encode
from wfx.context import entered

FOLDER = Path(__file__).parent.parent / "ordinary"
PROGRAMS = sorted(each.stem for each in FOLDER.glob("*.py"))


def imported(name: str) -> ModuleType:
    """A module of the folder, as Python imports it."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def in_plain_python(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The encoded result of the program without wfx."""
    monkeypatch.setattr("wfx.workflow", lambda function: function)
    return encode(asyncio.run(imported(name).main()), registry=HOST)


@pytest.fixture(autouse=True)
def _modules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a test imports from the folder is forgotten."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_what_it_gives_in_plain_python(
    name: str, fake_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same result, encoded; twice, so that no run sees what another one left."""
    with monkeypatch.context() as patched:
        expected = in_plain_python(name, patched)
    for each in [*sys.modules]:
        if str(FOLDER) in str(getattr(sys.modules[each], "__file__", "")):
            del sys.modules[each]
    loaded = wfx_sandbox.load_target(f"{name}:main", app_dir=FOLDER)

    async def main(run: Any) -> Any:
        instance = loaded.program.instantiate(run)
        return await instance.call(loaded.workflow_name, [], {})

    for _ in range(2):
        run = fake_run()
        with entered(run):
            assert asyncio.run(main(run)) == expected


def test_the_programs_are_there() -> None:
    """A folder that was lost by accident would pass silently."""
    assert len(PROGRAMS) > 25
