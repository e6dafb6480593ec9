"""
The standard streams as a command may find them: closed, full, or with nobody who reads.

What is written to stderr is for a person, and no work fails because it cannot be written:
neither a worker whose log is on a full disk, nor a step that prints. A result that is lost is
an error; see `output`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


def open_all() -> None:
    """
    Open the streams that were closed, to nothing.

    Else a file that is opened later, such as a world's, would have the number of stderr, and
    be written to by whoever writes there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


@contextlib.contextmanager
def forgiving_stderr() -> Iterator[None]:
    """While the block is entered, and at the end of the process, stderr raises nothing."""
    stream = sys.stderr
    with contextlib.redirect_stderr(_Forgiving(stream)):
        try:
            yield
        finally:
            try:
                stream.flush()
            except (OSError, ValueError):
                to_nothing(stream)


def to_nothing(stream: TextIO) -> None:
    """What is still in a stream goes nowhere, so that Python does not complain when it exits."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


class _Forgiving:
    """A stream whose writes never fail."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
