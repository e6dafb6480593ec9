"""
Ctrl-C and SIGTERM: the first asks to leave in good order, the second leaves at once.

The handler only asks. It may interrupt anything, also workflow code that never ends, so it
raises nothing and takes no locks.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wfx.cli.errors import Exit

if TYPE_CHECKING:
    from types import FrameType

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_ASKED: Final = b"\nleaving in good order; once more to leave at once\n"


@contextmanager
def interruptible(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` at the first signal, end the process at the second."""
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread can hear signals.
        yield
        return
    asked = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(Exit.SUSPENDED)
        asked = True
        os.write(2, _ASKED)
        stop()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
