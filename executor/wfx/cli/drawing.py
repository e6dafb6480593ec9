"""Drawing on a terminal: pictures that change in place, and cost nothing while they do not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

from wfx.closing import Closing

_AT_LEAST_SECONDS: Final = 1 / 8
"""Between two drawings: nobody reads faster."""
_AGES_SECONDS: Final = 1.0


class Terminal(Console):
    """stdout or stderr, whose cursor stays: nobody shows it again after a `kill -9`."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False)

    def show_cursor(self, show: bool = True) -> bool:
        """See rich, which would hide it."""
        return False


class Picture(Closing):
    """
    What stands at the end of stderr, drawn by a thread when it has changed.

    Args:
        render: Makes it.
        age: What of it changes by itself, as a clock does; None when nothing does.
    """

    def __init__(self, render: Callable[[], RenderableType], age: Callable[[], str | None]) -> None:
        self.console = Terminal(stderr=True)
        self._live = Live(console=self.console, get_renderable=render, auto_refresh=False)
        self._age = age
        self._news = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="wfx-picture", daemon=True)
        self._live.start()
        self._thread.start()

    def changed(self) -> None:
        """Draw it anew, soon. For any thread."""
        self._news.set()

    def close(self) -> None:
        """Draw it for the last time; it stays on the screen."""
        self._closing.set()
        self._news.set()
        self._thread.join()
        self._live.stop()

    def _draw(self) -> None:
        shown: str | None = None
        while not self._closing.is_set():
            fresh = self._news.wait(None if shown is None else _AGES_SECONDS)
            self._news.clear()
            age = self._age()
            if fresh or age != shown:
                self._live.refresh()
            shown = age
            self._closing.wait(_AT_LEAST_SECONDS)
