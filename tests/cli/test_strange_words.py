"""Names that no world has and bytes that are no text, given to every command, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Wfx = Callable[..., Any]

STRANGE = ["i\udce9", "日本", "x" * 5000, "a\nb", "%s", "' OR 1=1 --", "\x1b[31m"]
"""As a shell hands them on: bytes that are no UTF-8 become surrogates."""


@pytest.fixture
def world(wfx: Wfx, sql_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run in a world of each kind of database; its id."""
    monkeypatch.setenv("WFX_WORLD", sql_url)
    return str(wfx("run", "shop:approve", "1", "--no-wait", "--json").json["runId"])


COMMANDS = {
    "an unknown run": (
        1,
        [
            ("run", "--resume", "{}"),
            ("runs", "show", "{}"),
            ("runs", "events", "{}"),
            ("runs", "stream", "{}"),
            ("runs", "watch", "{}"),
            ("cancel", "{}"),
            ("release", "{}"),
            ("export", "{}"),
            ("record", "{}", "--to", "kept"),
            ("hook", "list", "--run", "{}"),
            ("world", "verify", "{}"),
        ],
    ),
    "an unknown token": (1, [("hook", "send", "{}", "1")]),
    "a filter that nothing passes": (
        0,
        [
            ("runs", "--workflow", "{}"),
            ("runs", "--queue", "{}"),
            ("record", "--sample", "1", "--workflow", "{}", "--to", "kept"),
        ],
    ),
    "a mistake": (
        2,
        [
            ("runs", "--cursor", "{}"),
            ("runs", "--status", "{}"),
            ("runs", "--since", "{}"),
            ("run", "{}"),
            ("run", "{}:flow"),
            ("start", "{}"),
            ("worker", "{}"),
            ("check", "{}"),
            ("replay", "--world", "{}"),
            ("{}",),
            ("run", "--{}"),
        ],
    ),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_a_strange_word_is_told_in_a_sentence(wfx: Wfx, world: str, what: str) -> None:
    """No traceback, one error, nothing half-written; the terminal is not commanded."""
    code, commands = COMMANDS[what]
    wrong = []
    for command in commands:
        for strange in STRANGE:
            words = [word.format(strange) if "{" in word else word for word in command]
            done = wfx(*words)
            errors = f"\n{done.err}".count("\nError: ")
            if (done.code, errors) != (code, int(code > 0)) or "wfx itself failed" in done.err:
                wrong.append((command, strange[:10], done.code, done.err[-300:]))
            elif "\x1b" in done.err + done.out or "Traceback" in done.err:
                wrong.append((command, strange[:10], "prints it as it is", done.err[-300:]))
    assert wrong == []
    assert [run["runId"] for run in wfx("runs", "--json").json["runs"]] == [world]
