"""`wfx doctor` looks at the sandbox of this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_nothing_leads_out_of_the_sandbox(wfx: Any) -> None:
    """Versions on stdout, the verdict on stderr, exit code 0."""
    done = wfx("doctor")
    assert done.code == 0
    assert "pydantic 2" in done.out
    assert "nothing leads out of the sandbox" in done.err
    assert wfx("doctor", "--json").json["reached"] == []


def test_a_passed_module_that_leads_out_is_named(
    wfx: Any, app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its path, and what to do: exit code 1."""
    (app / "pyproject.toml").write_text('[tool.wfx]\npassthrough = ["leaky_module"]\n')
    assert "cannot import leaky_module" in wfx("doctor").error
    installed = tmp_path / "installed"
    installed.mkdir()
    monkeypatch.syspath_prepend(str(installed))
    (installed / "leaky_module.py").write_text("import os\n\n\nclass Tool:\n    system = os\n")
    done = wfx("doctor")
    assert done.code == 1
    assert "leaky_module.Tool.system is a module" in done.out
    assert "do not pass it through" in done.err
