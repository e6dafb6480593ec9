"""
No thread is inside of SQLite while the process forks.

The child has one thread, and every lock as it was: what another thread of the parent held,
locks of SQLite's own too, nobody in the child ever gives back. So whoever forks waits until
the others are out, and they wait until it has forked.
"""

from __future__ import annotations

import os
import threading
from typing import Final
from weakref import WeakSet

OUT_SECONDS: Final = 5.0
"""How long a fork waits for them. One that waits for another process's lock of the file, which
may take longer, is not inside of SQLite meanwhile."""


class Gate:
    """What the threads of a process go through to use a file: one that writes, any that read."""

    def __init__(self) -> None:
        self._renew()
        with _forking:
            _gates.add(self)

    def _renew(self) -> None:
        self.writing = threading.Lock()
        self._change = threading.Condition()
        self._readers = 0
        self._shut = self._held = False

    def __enter__(self) -> None:
        """Go in to read."""
        with self._change:
            self._change.wait_for(lambda: not self._shut)
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._change:
            self._readers -= 1
            if self._shut:
                self._change.notify_all()

    def shut(self) -> None:
        """Before a fork."""
        self._held = self.writing.acquire(timeout=OUT_SECONDS)
        with self._change:
            self._shut = True
            self._change.wait_for(lambda: not self._readers, timeout=OUT_SECONDS)

    def open(self) -> None:
        """After it, in the parent."""
        with self._change:
            self._shut = False
            self._change.notify_all()
        held, self._held = self._held, False
        if held:
            self.writing.release()


_forking: Final = threading.Lock()
"""One fork at a time: what one has shut, the end of another must not open, nor forget."""
_gates: Final[WeakSet[Gate]] = WeakSet()
_shut: Final[list[Gate]] = []
"""Those that the fork under way has shut, or was about to when it was interrupted."""


def _before() -> None:
    _forking.acquire()
    for gate in list(_gates):
        _shut.append(gate)
        gate.shut()


def _after_in_parent() -> None:
    while _shut:
        _shut.pop().open()
    _forking.release()


def _after_in_child() -> None:
    _shut.clear()
    for gate in list(_gates):
        gate._renew()
    _forking.release()


os.register_at_fork(
    before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
)
