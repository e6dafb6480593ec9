"""What cannot be reproduced is refused, with a text that names line, cause and remedy."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wfx_sandbox import load_program
from wfx_sandbox.errors import ProgramRefused

HERE = Path(__file__).parent


def _sibling(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"determinism_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rig = _sibling("rig")
CASES: dict[str, tuple[str, str]] = _sibling("refusals").CASES


@pytest.fixture(autouse=True)
def _own_path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before


def refusal(folder: Path, lines: str) -> str:
    """How a workflow with these lines is refused."""
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    source = f"from wfx import workflow\n\n\n@workflow\nasync def main():\n{body}\n"
    folder.joinpath("flow.py").write_text(source + "    return 'accepted'\n", "utf-8")
    try:
        program = load_program("flow", app_dir=folder)
    except ProgramRefused as refused:
        first = refused.findings[0]
        return f"{first.line}: {first.rule} {first.message}"
    found = rig.lived(program)["flow:main"]["value"]
    return str(found).removeprefix("flow.py:")


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_reproduced_is_refused_clearly(tmp_path: Path, name: str) -> None:
    """At load where the source shows it, and else when it is done: the run is parked."""
    lines, expected = CASES[name]
    found = refusal(tmp_path, lines)
    if expected.startswith("WFX"):  # the line depends on where the machine gave up
        assert expected in found
    else:
        assert found.startswith(expected)
