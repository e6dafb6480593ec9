"""
Ending what is left of a dropped run, without a sound.

A suspended coroutine that is thrown away runs its `finally` blocks. Nothing that happens
there may be heard: its exceptions are swallowed, and Python's own complaints (ignored
GeneratorExit, coroutines that were never awaited) are about code that did nothing wrong.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import warnings
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

TRIES_MAX: Final = 100
"""Awaits in `finally` blocks that one coroutine may run into before we give up on it."""


class _Closable(Protocol):
    def close(self) -> None: ...


# The hooks below belong to the process: two burials that overlap would restore each other's.
# Within one thread they nest, because what is closed may own a loop that is dropped with it.
_lock = threading.RLock()


@contextmanager
def quietly() -> Iterator[None]:
    """Silence this thread's complaints about freed coroutines; other threads keep theirs."""
    here = threading.get_ident()
    with _lock, warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"coroutine .* was never awaited", RuntimeWarning)
        before = sys.unraisablehook

        def hook(unraisable: sys.UnraisableHookArgs) -> None:
            if threading.get_ident() != here:
                before(unraisable)

        sys.unraisablehook = hook
        try:
            yield
        finally:
            sys.unraisablehook = before


def bury(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Close a suspended coroutine; what it raises is lost."""
    if not _close(coroutine, coroutine, "cr_frame"):
        _keep_for_ever(coroutine)


def bury_generator(generator: AsyncGenerator[Any, Any]) -> None:
    """Close a suspended async generator; what it raises is lost."""
    for _ in range(TRIES_MAX):
        closing: Any = generator.aclose()
        try:
            closing.send(None)
        except BaseException:  # Also StopIteration: it is closed.
            pass
        else:
            # It awaits something in a `finally` block.
            _close(closing, generator, "ag_frame")
        if getattr(generator, "ag_frame", None) is None:
            return
    _keep_for_ever(generator)


def _close(closable: _Closable, owner: object, frame: str) -> bool:
    """Whether `owner` has no frame left after `closable` was closed, however often."""
    for _ in range(TRIES_MAX):
        try:
            closable.close()
        except BaseException:
            # RuntimeError if it caught GeneratorExit and awaits again; else its own.
            if getattr(owner, frame, None) is None:
                return True
        else:
            return True
    return False


def _keep_for_ever(unending: object) -> None:
    """
    Leak what catches GeneratorExit and goes on, for ever.

    Freeing it would run it again, at any time, even when the interpreter ends: where there
    is no loop any more that could suspend it. A list would be freed then; a reference that
    nobody owns is not.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(unending))
