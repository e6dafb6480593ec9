"""
Ctrl-C and SIGTERM: the first asks to leave in good order, the second leaves at once.

The handler only asks. It may interrupt anything, also workflow code that never ends, so it
raises nothing and takes no locks.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from wfx.cli.errors import Exit
from wfx.workers import supervisor

if TYPE_CHECKING:
    from types import FrameType

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_ASKED: Final = b"\nleaving in good order; once more to leave at once\n"


_ECHO_SECONDS: Final = 1.0
"""
A process manager that ends a group of processes sends SIGTERM to the supervisor and to its
child, and the supervisor passes it on: so soon after the first it is the same one.
"""


@contextmanager
def interruptible(
    stop: Callable[[], object],
    *,
    says: bool = True,
    last_words: str = "",
) -> Iterator[None]:
    """
    Call `stop` at the first signal, end the process at the second.

    Args:
        says: Tell people what was asked for. A log for programs tells it otherwise.
        last_words: What to say at the second.
    """
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread can hear signals.
        yield
        return
    first: float | None = None

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None:
            first = now
            if says:
                _say(_ASKED)
            stop()
        elif number != signal.SIGTERM or now - first > _ECHO_SECONDS:
            if last_words:
                _say(f"{last_words}\n".encode())
            if supervisor.cell is not None:
                supervisor.cell.orderly()
            os._exit(Exit.SUSPENDED)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_at_once(code: int) -> None:
    """From now on a signal only ends the process: all is done and said, and the code is known."""
    for number in _SIGNALS:
        signal.signal(number, lambda *_: os._exit(code))


def ignore_at_the_end() -> None:
    """
    Let no signal change the exit code while the interpreter takes itself apart.

    It forgets handlers then, so that a signal would kill the process. What is registered first
    is called last: call this before modules of users are imported.
    """

    def ignore() -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    atexit.register(ignore)


def _say(words: bytes) -> None:
    """Without the locks of a stream, and to whoever still listens."""
    with suppress(OSError):
        os.write(2, words)
