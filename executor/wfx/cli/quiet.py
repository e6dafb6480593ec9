"""Keeping what user code prints out of the result, and out of a log that programs read."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Callable, Iterator


class _Lines(io.TextIOBase):
    """Hands on what is written, line by line; what a thread has begun waits for its end."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._begun = threading.local()

    def write(self, text: str) -> int:
        whole: str = getattr(self._begun, "text", "") + text
        *lines, self._begun.text = whole.split("\n")
        for line in lines:
            self._told(line)
        return len(text)

    def writable(self) -> bool:
        return True


@contextlib.contextmanager
def told_lines(told: Callable[[str], None]) -> Iterator[None]:
    """While the block is entered, all lines that are printed are handed to `told`."""
    lines = _Lines(told)
    with contextlib.redirect_stdout(lines), contextlib.redirect_stderr(lines):
        yield


@contextlib.contextmanager
def own_stdout() -> Iterator[None]:
    """While modules are imported and steps run, `print` writes to stderr."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
