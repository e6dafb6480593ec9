"""
Whether the garbage collector is at work in this thread.

When it runs depends on everything the process allocates. A generator that is lost in a cycle of
references would run its `finally` blocks then: at a moment that no replay repeats, perhaps while
another run is the current one. So it does not run them. Generators whose last reference goes
away are closed at once, as everywhere in Python, and are not concerned.
"""

from __future__ import annotations

import gc
import threading


class _Here(threading.local):
    collecting = False


_here = _Here()


def _noticed(phase: str, _info: object) -> None:
    _here.collecting = phase == "start"


gc.callbacks.append(_noticed)


def stay_lost() -> None:
    """
    At the head of what closing a generator would run.

    Raises:
        GeneratorExit: In a generator that the collector closes.
    """
    if _here.collecting:
        raise GeneratorExit
