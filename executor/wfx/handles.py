"""
Handles: callbacks that are ready, or become ready when a durable wait is over.

They are asyncio's by type; their state is ours, because asyncio's own keep a clock reading
and log through the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wfx.loop import DeterministicLoop


class _Callback:
    """What both kinds of handle have in common."""

    # Empty; the slots are asyncio's. A literal would make mypy refuse to assign to those.
    __slots__ = tuple[str, ...]()
    _args: Any
    _callback: Any
    _cancelled: bool
    _context: Any
    _loop: Any
    _serial: int

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: DeterministicLoop,
        context: Context | None,
    ) -> None:
        self._callback = callback
        self._args = args
        self._loop = loop
        # An object of workflow code's own would be given what it must not have.
        self._context = context if type(context) is Context else copy_context()
        self._cancelled = False

    def get_context(self) -> Context:
        """The context it runs in."""
        context: Context = self._context
        return context

    def cancel(self) -> None:
        """Do not call it."""
        self._cancelled = True

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._cancelled

    def __hash__(self) -> int:
        try:
            return self._serial
        except AttributeError:
            self._serial = self._loop.next_serial()
            return self._serial

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{' cancelled' if self._cancelled else ''}>"


class Handle(_Callback, asyncio.Handle):
    """A callback that is ready."""

    __slots__ = ("_serial",)


class TimerHandle(_Callback, asyncio.TimerHandle):
    """A callback that becomes ready when a durable wait is over."""

    __slots__ = ("_due", "_serial", "_token", "_waits")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: DeterministicLoop,
        context: Context | None,
        due: float | None,
    ) -> None:
        _Callback.__init__(self, callback, args, loop, context)
        self._due = due
        self._token: object = None
        self._waits = False

    def when(self) -> float:
        """The loop's time at which it is due. Asks the clock only if nothing had to wait."""
        if self._due is None:
            self._due = self._loop.time()
        return self._due

    def start(self, delay_us: int) -> None:
        """Begin to wait."""
        self._waits = True
        self._token = self._loop.timers.start(delay_us, self.fire)
        if self._due is None:
            # Asked now, because the wait may be over and forgotten when somebody wants it.
            self._due = self._loop.timers.due_us(self._token) / 1_000_000

    def fire(self) -> None:
        """The wait is over."""
        if self._waits:
            self._waits = False
            self._loop.make_ready(self)

    def cancel(self) -> None:
        """Do not call it, and do not wait for it."""
        self._cancelled = True
        if self._waits:
            self._waits = False
            if not self._loop.is_closed():
                self._loop.timers.cancel(self._token)
