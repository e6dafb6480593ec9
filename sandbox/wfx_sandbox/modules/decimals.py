"""
`decimal`, whose contexts belong to the run.

A run begins with Python's standard context, whatever the host has made of its own. What modules
set while they are executed holds for the workflow, as everywhere.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from wfx_sandbox.collecting import stay_lost
from wfx_sandbox.state import state


def standard(*args: Any, **kwargs: Any) -> decimal.Context:
    """`decimal.Context`, where what is not given is Python's standard and not the host's."""
    given = dict(zip(_PARTS, args, strict=False)) | kwargs
    for name, value in _STANDARD.items():
        if given.get(name) is None:
            given[name] = value() if callable(value) else value
    return decimal.Context(**given)


_PARTS: Final = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps")
_STANDARD: Final[Mapping[str, Any]] = {
    "prec": 28,
    "rounding": decimal.ROUND_HALF_EVEN,
    "Emin": -999999,
    "Emax": 999999,
    "capitals": 1,
    "clamp": 0,
    "flags": list,
    "traps": lambda: [decimal.DivisionByZero, decimal.Overflow, decimal.InvalidOperation],
}


@contextmanager
def in_context(context: decimal.Context) -> Iterator[None]:
    """This very context, not a copy, as the thread's own."""
    before = decimal.getcontext()
    decimal.setcontext(context)
    try:
        yield
    finally:
        decimal.setcontext(before)


def own(context: decimal.Context) -> decimal.Context:
    """Note that a context is the run's, which may change it."""
    contexts = state().decimal_contexts
    if not any(context is each for each in contexts):
        contexts.append(context)
    return context


def _is_own(context: decimal.Context) -> bool:
    return any(context is each for each in state().decimal_contexts)


def getcontext() -> decimal.Context:
    """`decimal.getcontext`: a context of the run, never one that other runs see."""
    current = decimal.getcontext()
    if not _is_own(current):
        current = own(standard())
        decimal.setcontext(current)
    return current


def setcontext(context: decimal.Context) -> None:
    """`decimal.setcontext`, with a copy."""
    decimal.setcontext(own(context.copy()))


def make_context(*args: Any, **kwargs: Any) -> decimal.Context:
    """`decimal.Context`."""
    return own(standard(*args, **kwargs))


class localcontext:
    """`decimal.localcontext`."""

    def __init__(self, ctx: decimal.Context | None = None, **settings: Any) -> None:
        self._manager = decimal.localcontext(getcontext() if ctx is None else ctx, **settings)

    def __enter__(self) -> decimal.Context:
        return own(self._manager.__enter__())

    def __exit__(self, *raised: Any) -> None:
        stay_lost()
        self._manager.__exit__(*raised)


NAMES: Final[Mapping[str, Callable[..., Any]]] = {
    "getcontext": getcontext,
    "setcontext": setcontext,
    "localcontext": localcontext,
    "Context": make_context,
}
