"""
Timeouts: timeout, timeout_at, wait_for.

The durable wait of a timeout has exactly the delay asked for, counted from entering the
block, so that no clock has to be read for it.
"""

from __future__ import annotations

import asyncio
import enum
from asyncio import CancelledError
from collections.abc import Awaitable
from types import TracebackType
from typing import TypeVar

from wfx.aio.tasks import ensure_future

T = TypeVar("T")


class _State(enum.Enum):
    CREATED = "created"
    ENTERED = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    EXITED = "finished"


class Timeout:
    """
    Cancels the task inside its block when the time is up, and makes a TimeoutError of it.

    Args:
        when: The loop's time at which it expires; None for never.
    """

    def __init__(self, when: float | None) -> None:
        self._when = when
        self._delay: float | None = None
        self._state = _State.CREATED
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._cancels_before = 0

    def when(self) -> float | None:
        """
        The loop's time at which it expires.

        Asks the clock if the timeout was given as a delay and there is no wait yet.
        """
        if self._when is None and self._delay is not None:
            if self._timer is not None:
                self._when = self._timer.when()
            else:
                return asyncio.get_running_loop().time() + self._delay
        return self._when

    def reschedule(self, when: float | None) -> None:
        """
        Expire at another time of the loop, or never.

        Raises:
            RuntimeError: If the block was not entered, or is over.
        """
        if self._state is not _State.ENTERED:
            if self._state is _State.CREATED:
                raise RuntimeError("the timeout has not been entered")
            raise RuntimeError(f"the timeout is {self._state.value} and cannot be changed")
        self._when = when
        self._delay = None
        self._start()

    def expired(self) -> bool:
        """Whether the time was up inside the block."""
        return self._state in (_State.EXPIRING, _State.EXPIRED)

    async def __aenter__(self) -> Timeout:
        if self._state is not _State.CREATED:
            raise RuntimeError("the timeout has already been entered")
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a timeout can only be used inside a task")
        self._task = task
        self._cancels_before = task.cancelling()
        self._state = _State.ENTERED
        self._start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._state is not _State.EXPIRING:
            self._state = _State.EXITED
            return
        self._state = _State.EXPIRED
        if (
            self._task is not None
            and self._task.uncancel() <= self._cancels_before
            and isinstance(exc, CancelledError)
        ):
            # The only request to cancel was ours.
            raise TimeoutError from exc

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        if self._delay is not None:
            self._timer = loop.call_later(self._delay, self._expire)
        elif self._when is not None:
            self._timer = loop.call_at(self._when, self._expire)

    def _expire(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._state = _State.EXPIRING

    def __repr__(self) -> str:
        return f"<Timeout {self._state.value}>"


def timeout(delay: float | None) -> Timeout:
    """A block that may take `delay` seconds from entering it; None for any time."""
    limit = Timeout(None)
    limit._delay = delay
    return limit


def timeout_at(when: float | None) -> Timeout:
    """A block that may run until the loop's time is `when`; None for any time."""
    return Timeout(when)


async def wait_for(awaitable: Awaitable[T], timeout: float | None) -> T:
    """
    Wait for an awaitable, at most `timeout` seconds; then it is cancelled.

    A coroutine runs in the task that waits, on every version of Python.

    Raises:
        TimeoutError: If it took longer.
    """
    if timeout is None:
        return await awaitable
    if timeout <= 0:
        return await _now_or_never(ensure_future(awaitable))
    limit = Timeout(None)
    limit._delay = timeout
    async with limit:
        return await awaitable


async def _now_or_never(future: asyncio.Future[T]) -> T:
    if future.done():
        return future.result()
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(_: asyncio.Future[T]) -> None:
        if not ended.done():
            ended.set_result(None)

    future.add_done_callback(settle)
    future.cancel()
    try:
        await ended
    finally:
        future.remove_done_callback(settle)
    try:
        return future.result()
    except CancelledError as error:
        raise TimeoutError from error
