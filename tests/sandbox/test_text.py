"""No address shows in text that workflow code makes."""

from __future__ import annotations

from typing import Any


def test_text_of_functions_and_host_objects_has_numbers_instead_of_addresses(
    lab: Any, fake_run: Any
) -> None:
    """repr, str, f-strings with and without !r, containers, print; plain text is untouched."""
    run = fake_run()
    result = lab.body(
        "def f(): pass",
        "g = (x for x in [])",
        "print(f)",
        "result = [repr(f), str(f), f'{f}|{f!r}|{[g]!s}', repr([f, g]), f'{1.5:>5}{\"a\"!r:4}']",
        run=run,
    )
    f = "<function main.<locals>.f #1>"
    g = "<generator object main.<locals>.<genexpr> #2>"
    assert result == [f, f, f"{f}|{f}|[{g}]", f"[{f}, {g}]", "  1.5'a' "]
    assert run.shown == [("stdout", f + "\n")]


def test_settings_of_pydantics_own_classes_cannot_be_changed(lab: Any) -> None:
    """What all runs share is handed out as a copy."""
    from pydantic import BaseModel

    before = dict(BaseModel.model_config)
    lab.body(
        "from pydantic import BaseModel",
        "BaseModel.model_config['extra'] = 'allow'",
        "class M(BaseModel):",
        "    x: int = 1",
        "result = [M.model_config, list(M.model_fields)]",
    )
    assert BaseModel.model_config == before


def test_text_is_formatted_in_place(lab: Any) -> None:
    """`text %= values` works, and shows no addresses."""
    lines = "result = 'a %s %d'", "result %= (print, 1)", "more = '%s'", "more %= result"
    shown = lab.body(*lines, "result = more")
    assert shown.startswith("a ")
    assert " at 0x" not in shown
