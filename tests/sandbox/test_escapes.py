"""
Every program of `tests/escapes` tries to get out; each must end as its docstring says.

`hit` is the canary: a program calls it with what it reached. Reaching a placeholder is no
escape, because nothing can be done with one.
"""

from __future__ import annotations

import ast
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import wfx_sandbox
from wfx.context import entered
from wfx.errors import LoadError, Violation
from wfx_sandbox.modules import table
from wfx_sandbox.placeholder import Placeholder

ESCAPES = sorted((Path(__file__).parent.parent / "escapes").glob("*.py"))


class _Reached(BaseException):
    """Workflow code called the canary."""


def outcome(path: Path, app_dir: Path, run: Any) -> str:
    """How a program ends, in a few words."""
    source = path.read_text(encoding="utf-8")
    (app_dir / "flow.py").write_text(source, encoding="utf-8")
    try:
        loaded = wfx_sandbox.load_target("flow:main", app_dir=app_dir)
    except wfx_sandbox.ProgramRefused as error:
        return "refused " + " ".join(sorted({each.rule for each in error.findings}))
    except LoadError as error:
        return f"load error: {type(error).__name__}"

    async def main() -> Any:
        instance = loaded.program.instantiate(run)
        module = instance._modules.load("flow")

        def hit(what: object) -> None:
            if isinstance(what, Placeholder):
                raise LookupError("a placeholder")
            raise _Reached(type(what).__name__)

        vars(module)["hit"] = hit
        return await instance.call(loaded.workflow_name, [str(app_dir / "canary")], {})

    try:
        with entered(run):
            result = asyncio.run(main())
    except _Reached as error:
        return f"reached {error}"
    except Violation as error:
        return f"violation {error.rule}"
    except BaseException as error:
        return f"raises {type(error).__name__}"
    return f"ends {result}"


@pytest.mark.parametrize("path", ESCAPES, ids=lambda path: path.stem)
def test_no_program_of_the_corpus_gets_out(path: Path, tmp_path: Path, fake_run: Any) -> None:
    """It ends as written down, reaches nothing, and leaves no trace."""
    documented = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    expected = documented.rpartition("Outcome: ")[2]
    before = list(sys.path)
    try:
        assert outcome(path, tmp_path, fake_run()) in expected.split(" or ")
    finally:
        sys.path[:] = before
    assert not (tmp_path / "canary").exists()
    assert not expected.startswith("reached")


def host_state() -> dict[str, object]:
    """What facades hand out, as far as it can be changed: names of classes and functions."""
    found: dict[str, object] = {}
    for module in table.every():
        known = object.__getattribute__(table.facade(module), "__dict__")
        for name, value in known.items():
            if isinstance(value, type | FunctionType):
                found[f"{module}.{name}"] = {
                    key: id(each)
                    for key, each in vars(value).items()
                    if not key.startswith(("_abc_", "__abstractmethods__", "__pydantic_"))
                }
    return found


@pytest.fixture(scope="module", autouse=True)
def _untouched() -> Iterator[None]:
    """All programs together leave classes and functions of the host as they were."""
    before = host_state()
    yield
    after = host_state()
    assert {key for key in before if before[key] != after[key]} == set()


def test_the_corpus_is_large() -> None:
    """A corpus that was lost by accident would pass silently."""
    assert len(ESCAPES) > 400
