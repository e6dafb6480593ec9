"""What a person at a terminal sees of `wfx run`: drawn when it changes, and only then."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.text import Text

from wfx.cli.drawing import Picture
from wfx.cli.words import Waits

Spawn = Callable[..., Any]
HIDES_CURSOR = "\x1b[?25l"


class Terminal:
    """A terminal of some width, and all that was written to it."""

    def __init__(self, columns: int = 80) -> None:
        self._here, self.there = pty.openpty()
        fcntl.ioctl(self.there, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        self.text = ""

    def until(self, wanted: str) -> None:
        """Read up to this text."""
        while wanted not in self.text:
            self.read()

    def rest(self) -> str:
        """Read to the end; all of it."""
        with contextlib.suppress(OSError):  # how a terminal ends
            while True:
                self.read()
        return self.text

    def read(self) -> None:
        """Read what comes next."""
        self.text += os.read(self._here, 65536).decode()

    def close(self) -> None:
        """Our end of it."""
        os.close(self._here)


@pytest.fixture
def at_terminal(spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Start the command line with a terminal as its stderr."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    opened: list[Terminal] = []

    def start(*words: str, columns: int = 80, **env: str) -> tuple[Any, Terminal]:
        terminal = Terminal(columns)
        opened.append(terminal)
        process = spawn(*words, stderr=terminal.there, env={"TERM": "xterm", **env})
        os.close(terminal.there)
        return process, terminal

    yield start
    for terminal in opened:
        terminal.close()


def send(token: str, payload: str) -> None:
    """A payload from a process of its own, which takes its time."""
    words = ("hook", "send", token, payload)
    done = subprocess.run([sys.executable, "-m", "wfx", *words], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_run_that_waits_for_a_payload_is_drawn_once(at_terminal: Any) -> None:
    """However long that takes: nothing of it changes."""
    process, terminal = at_terminal("run", "shop:approve", "1")
    terminal.until("wfx hook send approve-1 JSON")
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "wfx", "runs"], check=True, capture_output=True)
    send("approve-1", '{"ok": true}')
    assert process.stdout.read() == "true\n"
    assert process.wait(20) == 0
    assert terminal.rest().count("wfx hook send approve-1 JSON") == 1


def test_a_run_that_sleeps_says_how_much_is_left(at_terminal: Any) -> None:
    """It counts down."""
    process, terminal = at_terminal("run", "shop:sleeps", "59")
    while len(set(re.findall(r"\(in (\d+) s\)", terminal.text))) < 3:
        terminal.read()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 3
    assert "is resumable: wfx run --resume" in terminal.rest()


def test_the_cursor_is_never_hidden(at_terminal: Any) -> None:
    """Nobody would show it again after a `kill -9`."""
    process, terminal = at_terminal("run", "shop:approve", "1")
    terminal.until("wfx hook send")
    process.kill()
    process.wait(20)
    assert HIDES_CURSOR not in terminal.rest()


def test_a_narrow_terminal_has_all_of_the_command(at_terminal: Any) -> None:
    """Over several lines."""
    process, terminal = at_terminal("run", "shop:approve", "1", columns=20)
    terminal.until("JSON")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 3
    shown = "".join(terminal.rest().split("\x1b[")[1:])
    for word in ("waits", "payload:", "send", "approve-1"):
        assert word in shown


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": "unknown"}, {"TERM": ""}])
def test_a_terminal_that_cannot_draw_gets_lines(at_terminal: Any, env: dict[str, str]) -> None:
    """Without any escape."""
    process, terminal = at_terminal("run", "shop:checkout", '{"id": 7}', **env)
    assert process.wait(20) == 0
    text = terminal.rest()
    assert "\x1b" not in text
    assert "  charge done" in text


def test_no_colours_are_drawn_where_nobody_wants_them(at_terminal: Any) -> None:
    """`NO_COLOR`."""
    process, terminal = at_terminal("run", "shop:checkout", '{"id": 7}', NO_COLOR="1")
    assert process.wait(20) == 0
    text = terminal.rest()
    assert "✓" in text
    assert "\x1b[3" not in text


def test_a_stderr_that_knows_no_unicode_still_shows_the_table(at_terminal: Any) -> None:
    """With marks that it has."""
    process, terminal = at_terminal(
        "run", "shop:checkout", '{"id": 7}', PYTHONIOENCODING="ascii", NO_COLOR="1"
    )
    assert process.wait(20) == 0
    text = terminal.rest()
    assert "+  charge" in text
    assert "\\u" not in text


def test_a_picture_is_drawn_when_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And when it is closed; in between, whoever changed it is not kept waiting."""
    drawn: list[int] = []
    seen = threading.Condition()
    state = 0

    def render() -> Text:
        with seen:
            drawn.append(state)
            seen.notify()
        return Text(str(state))

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with Picture(render, lambda: None) as picture:
        for number in range(1000):
            state = number
            picture.changed()
        with seen:
            assert seen.wait_for(lambda: 999 in drawn, 20)
        state = 1000
    assert drawn[-1] == 1000
    assert len(drawn) < 1000


def test_what_a_run_waits_for_is_no_other_when_time_passes() -> None:
    """Only its words are."""
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    waits = Waits(("waits for step a",), now + timedelta(hours=2))
    assert waits.lines(now) == ["waits for step a", "waits until 2026-11-22 10:00:00Z (in 2 h)"]
    assert waits.lines(now + timedelta(minutes=1))[1].endswith("(in 1 h 59 min)")
    assert Waits().lines(now) == []
