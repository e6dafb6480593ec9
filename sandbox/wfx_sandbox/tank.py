"""
How much looping one activation may do, and what counts it.

The compiler puts a countdown into every loop of workflow code: a local variable that is
refilled from the tank of the run's activation. Refills grow, so that a long loop asks
seldom and a short one takes little more than it uses. Since everything that decides about a
refill is workflow code itself, a replay ends at the same turn. Iterators that never end by
themselves (`itertools.count`) draw from the same tank.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from wfx.context import RunContext, current
from wfx.errors import NotInRun
from wfx_sandbox.collecting import stay_lost
from wfx_sandbox.state import violate

_STATE: Final = "wfx_sandbox.tank"
_FIRST: Final = 16
_MOST: Final = 8192
_SMALL: Final = 256


class _Tank:
    """What is left of one activation's turns."""

    __slots__ = ("activation", "left", "turns")

    def __init__(self, turns: int) -> None:
        self.turns = turns
        self.left = turns
        self.activation = -1


def fill(run: RunContext, turns: int) -> None:
    """Allow each activation of `run` this many turns."""
    run.state[_STATE] = _Tank(turns)


def draw(turns: int) -> None:
    """Take turns out of the tank of the current activation."""
    run = current()
    if run is None:
        _draw_outside(turns)
        return
    tank = run.state.get(_STATE)
    if type(tank) is not _Tank:
        return
    if tank.activation != run.activation:
        tank.activation = run.activation
        tank.left = tank.turns
    tank.left -= turns
    if tank.left < 0:
        _empty(tank.turns)


_OUTSIDE_MAX: Final = 1_000_000


class _Outside(threading.local):
    left: int | None = None


_outside = _Outside()


@contextmanager
def limited() -> Iterator[None]:
    """Allow a while of looping to what is executed outside of any run, for all runs."""
    _outside.left = _OUTSIDE_MAX
    try:
        yield
    finally:
        _outside.left = None


def _draw_outside(turns: int) -> None:
    if _outside.left is not None:
        _outside.left -= turns
        if _outside.left < 0:
            raise NotInRun(what="a loop that does not end")


def _empty(turns: int) -> NoReturn:
    violate(
        "WFX250",
        f"workflow code looped more than {turns:,} times without waiting for anything.",
    )


def refill(last: int) -> int:
    """Turns for a countdown that has run out; `last` is what it was given before."""
    turns = _FIRST if last < _FIRST else min(last * 2, _MOST)
    draw(turns)
    return turns


def turn() -> None:
    """One turn of something that has no local variable to count in."""
    draw(1)


def _counted(iterator: Iterator[Any]) -> Iterator[Iterator[Any]]:
    turns = _FIRST
    while True:
        draw(turns)
        chunk = itertools.islice(iterator, turns)
        for first in chunk:
            yield itertools.chain((first,), chunk)
            break
        else:
            return
        turns = min(turns * 2, _MOST)


def counted(iterable: Iterable[Any]) -> Iterator[Any]:
    """`iterable`, whose items are paid for in advance, some at a time."""
    return itertools.chain.from_iterable(_counted(iter(iterable)))


def _pieces(numbers: range) -> Iterator[range]:
    turns = _SMALL
    start, left = 0, _length(numbers)
    while left:
        turns = min(turns * 2, _MOST, left)
        draw(turns)
        yield numbers[start : start + turns]
        start += turns
        left -= turns


def _length(numbers: range) -> int:
    try:
        return len(numbers)
    except OverflowError:
        return sys.maxsize


def span(iterable: Any) -> Any:
    """What a loop or comprehension goes over: a range is paid for, others are as they are."""
    if type(iterable) is not range:
        return iterable
    turns = _length(iterable)
    if turns <= _SMALL:
        draw(turns)
        return iterable
    return itertools.chain.from_iterable(_pieces(iterable))


def turns(iterable: Any) -> Any:
    """What a `for` loop without a countdown of its own goes over."""
    return span(iterable) if type(iterable) is range else counted(iterable)


def iterate(*args: Any) -> Any:
    """The builtin `iter`."""
    return counted(iter(*args)) if len(args) == 2 else iter(*args)


def count(start: Any = 0, step: Any = 1) -> Iterator[Any]:
    """`itertools.count`."""
    return counted(itertools.count(start, step))


def cycle(iterable: Iterable[Any]) -> Iterator[Any]:
    """`itertools.cycle`."""
    return counted(itertools.cycle(iterable))


def repeat(object: Any, *times: int, **named: int) -> Iterator[Any]:
    """`itertools.repeat`."""
    return counted(itertools.repeat(object, *times, **named))


ENDLESS: Final[dict[str, Callable[..., Any]]] = {"count": count, "cycle": cycle, "repeat": repeat}
"""Replacements of `itertools`."""


# -- the host's limits ----------------------------------------------------------------------

_HOST: Final = (RecursionError, MemoryError)


def host_limit(error: BaseException | None) -> bool:
    """Whether an exception comes from the depth of the stack or the size of the memory."""
    if isinstance(error, BaseExceptionGroup):
        return any(host_limit(each) for each in error.exceptions)
    return isinstance(error, _HOST)


def caught(*_: Any) -> None:
    """At the head of handlers: what depends on the host's limits is not to be handled."""
    stay_lost()
    error = sys.exc_info()[1]
    if error is not None and host_limit(error):
        condemn_limit(error)


def condemn_limit(error: BaseException) -> NoReturn:
    """Condemn the activation for an exception that depends on the host."""
    while isinstance(error, BaseExceptionGroup):
        error = next(each for each in error.exceptions if host_limit(each))
    what = "memory" if isinstance(error, MemoryError) else "the stack"
    violate(
        "WFX251",
        f"workflow code ran out of {what} ({type(error).__name__}), which another machine or "
        "version of Python does at another point.",
    )


class suppress(contextlib.suppress):
    """`contextlib.suppress`, which does not hide the host's limits."""

    def __exit__(self, *raised: Any) -> bool:
        _pass_on(raised[1])
        return bool(super().__exit__(*raised))


class ExitStack(contextlib.ExitStack):
    """`contextlib.ExitStack`, whose callbacks do not hide the host's limits."""

    def __exit__(self, *raised: Any) -> bool:
        _pass_on(raised[1])
        return bool(super().__exit__(*raised))


class AsyncExitStack(contextlib.AsyncExitStack):
    """`contextlib.AsyncExitStack`, whose callbacks do not hide the host's limits."""

    async def __aexit__(self, *raised: Any) -> bool:
        _pass_on(raised[1])
        return bool(await super().__aexit__(*raised))


class closing(contextlib.closing[Any]):
    """`contextlib.closing`, which closes nothing because of the garbage collector."""

    def __exit__(self, *raised: Any) -> None:
        stay_lost()
        super().__exit__(*raised)


def _pass_on(error: BaseException | None) -> None:
    stay_lost()
    if error is not None and host_limit(error):
        condemn_limit(error)


SWALLOWING: Final[dict[str, type]] = {
    each.__name__: each for each in (suppress, ExitStack, AsyncExitStack, closing)
}
"""Replacements of `contextlib`."""


__all__ = [
    "ENDLESS",
    "SWALLOWING",
    "caught",
    "condemn_limit",
    "count",
    "counted",
    "cycle",
    "draw",
    "fill",
    "host_limit",
    "iterate",
    "limited",
    "refill",
    "repeat",
    "span",
    "turn",
    "turns",
]
