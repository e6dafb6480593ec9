"""Recording an exception imports nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wfx.codec.failure import encode_error


class _Decided(ImportError):
    """Its class says what it lacks."""

    name = "a_module_with_effects"
    name_from = "thing"


def _plain() -> ImportError:
    error = ImportError("lost", name="a_module_with_effects")
    if sys.version_info >= (3, 12):
        error.name_from = "thing"
    return error


@pytest.mark.parametrize("made", [_plain, lambda: _Decided("lost")], ids=["plain", "class"])
def test_the_module_that_an_import_error_names_is_not_imported(
    made: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python would import it to suggest a name, from 3.12 on."""
    (tmp_path / "a_module_with_effects.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert callable(made)
    error = made()
    try:
        raise ValueError("outer") from error
    except ValueError as outer:
        recorded = encode_error(outer)
    assert recorded["type"] == "builtins:ValueError"
    assert "a_module_with_effects" not in sys.modules
    assert getattr(error, "name_from", "thing") == "thing"
