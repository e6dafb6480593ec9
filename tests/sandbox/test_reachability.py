"""The premise of the policy: ordinary attribute access reaches nothing dangerous."""

from __future__ import annotations

import io
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from wfx_sandbox.audit import Reached, audit, walk


def test_nothing_dangerous_is_reachable() -> None:
    """No module, frame, code object, dangerous builtin, shared container or cache."""
    found = audit()
    assert [str(each) for each in found.reached] == []
    assert found.objects > 5000


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (sys, "a module"),
        (sys._getframe(), "a frame"),
        ((lambda: 0).__code__, "a code object"),
        (open, "the builtin `open`"),
        (type, "the builtin `type`"),
        ([1], "a list that all runs would share"),
        (io.StringIO(), "an open file"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_what_must_not_be_reachable_is_found(value: Any, what: str | None) -> None:
    """Two attributes away, it is named with its path."""
    root = types.SimpleNamespace(inner=types.SimpleNamespace(thing=value))
    expected = () if what is None else (Reached("root.inner.thing", what),)
    assert walk({"root": root}).reached == expected


def test_passed_modules_are_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a project vouches for is looked at as well."""
    text = "import os\nclass Tool:\n    system = os\n    known = {}\n"
    (tmp_path / "a_passed_module.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {str(each) for each in audit(["a_passed_module"]).reached}
    assert found == {
        "a_passed_module.Tool.system is a module",
        "a_passed_module.Tool.known is a dict that all runs would share",
    }
