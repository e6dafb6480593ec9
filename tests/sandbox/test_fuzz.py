"""A short run of `fuzz_programs.py`, always with the same seeds."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

_PATH = Path(__file__).with_name("fuzz_programs.py")


@pytest.fixture(scope="module")
def fuzz() -> Any:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("fuzz_programs", _PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform == "win32", reason="the programs run in a forked process")
def test_no_grown_program_gets_out_or_kills_the_interpreter(fuzz: Any) -> None:
    """In a process of their own; most end with an exception or a violation."""
    endings = fuzz.batch(7_000_000, 50)
    assert len(endings) == 50
    assert [e for e in endings if e[1].startswith(("ESCAPE", "CRASH", "OURS"))] == []
    assert sum(ended in ("ran", "violation", "raised") for _, ended in endings) > 30


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x.gi_frame", ["LOAD_ATTR gi_frame"]),
        ("x.__dict__", ["LOAD_ATTR __dict__"]),
        ("x.now += 1", ["LOAD_ATTR now"]),
        ("_getattr_ = 1", ["STORE_NAME _getattr_"]),
        ("def f():\n    def g(): nonlocal _ann_\n    _ann_ = 1", None),
        ("def f(_set_): pass", ["argument _set_"]),
        ("match x:\n    case y(tb_frame=z): pass", ["MATCH_CLASS tb_frame"]),
        ("x.name", []),
    ],
)
def test_the_judge_of_bytecode_sees(fuzz: Any, text: str, found: list[str] | None) -> None:
    """Whatever the syntax, it is named: a judge that sees nothing would pass everything."""
    if found is None:
        text = "def f():\n    _ann_ = 1\n    def g():\n        nonlocal _ann_\n        _ann_ = 2"
        found = ["STORE_DEREF _ann_", "STORE_DEREF _ann_"]
    code = compile(text, "x", "exec")
    assert isinstance(code, CodeType)
    assert list(fuzz.named_in_bytecode(code)) == found
