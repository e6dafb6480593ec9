"""Waiting for several: gather, wait, as_completed; and shield, which waits for one."""

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED, CancelledError
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_EXCEPTION
from functools import partial
from typing import Any, Generic, TypeVar

from wfx.aio.tasks import ensure_future, futures_of, wake
from wfx.futures import Future
from wfx.ordered import OrderedSet

T = TypeVar("T")


class _Gathering(Future[list[Any]]):
    """What gather returns: cancelling it cancels its children."""

    def __init__(self, children: list[asyncio.Future[Any]], *, keep_exceptions: bool) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._children = children
        self._keep_exceptions = keep_exceptions
        self._cancel_requested = False
        self._cancel_message: Any = None
        self._distinct = OrderedSet(children)
        self._left = len(self._distinct)
        for child in self._distinct:
            child.add_done_callback(self._child_done)

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel the children that are not done; the gathering ends when they have."""
        if self.done():
            return False
        asked = [child.cancel(msg=msg) for child in self._distinct]
        if not any(asked):
            return False
        self._cancel_requested = True
        self._cancel_message = msg
        return True

    def _child_done(self, child: asyncio.Future[Any]) -> None:
        self._left -= 1
        failure = None if child.cancelled() else child.exception()  # It counts as read.
        if self.done():
            return
        if not self._keep_exceptions:
            if child.cancelled():
                self._cancelled(_cancelled_error(child))
                return
            if failure is not None:
                self.set_exception(failure)
                return
        if self._left:
            return
        if self._cancel_requested:
            message = self._cancel_message
            self._cancelled(CancelledError() if message is None else CancelledError(message))
        else:
            self.set_result([_outcome(c) for c in self._children])

    def _cancelled(self, error: CancelledError) -> None:
        # Raised by whoever awaits, but the gathering itself was not cancelled from outside.
        self.set_exception(error)


def _cancelled_error(future: asyncio.Future[Any]) -> CancelledError:
    try:
        future.result()
    except CancelledError as error:
        return CancelledError(*error.args)
    raise AssertionError("a cancelled future raises CancelledError")


def _outcome(future: asyncio.Future[Any]) -> Any:
    if future.cancelled():
        return _cancelled_error(future)
    error = future.exception()
    return future.result() if error is None else error


def gather(
    *awaitables: Awaitable[Any], return_exceptions: bool = False
) -> asyncio.Future[list[Any]]:
    """
    Run awaitables at the same time; their results in the order given.

    The first exception is raised at once and the others go on, unless `return_exceptions`
    puts exceptions among the results.
    """
    if not awaitables:
        nothing: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        nothing.set_result([])
        return nothing
    return _Gathering(futures_of(awaitables), keep_exceptions=return_exceptions)


async def wait(
    fs: Iterable[asyncio.Future[T]],
    *,
    timeout: float | None = None,
    return_when: str = ALL_COMPLETED,
) -> tuple[OrderedSet[asyncio.Future[T]], OrderedSet[asyncio.Future[T]]]:
    """
    Wait for futures or tasks; which are done and which pending, each in the order given.

    Does not raise at the timeout, and cancels nothing.
    """
    if asyncio.isfuture(fs) or asyncio.iscoroutine(fs):
        raise TypeError(f"an iterable of futures was expected, got {type(fs).__name__}")
    futures = OrderedSet(fs)
    if not futures:
        raise ValueError("wait() needs at least one future")
    if return_when not in (FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED):
        raise ValueError(f"return_when cannot be {return_when!r}")
    if any(asyncio.iscoroutine(f) for f in futures):
        raise TypeError("wait() takes no coroutines; make tasks of them with create_task()")
    futures = OrderedSet(map(ensure_future, futures))

    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()
    left = len(futures)

    def one_is_done(future: asyncio.Future[T]) -> None:
        nonlocal left
        left -= 1
        if (
            left == 0
            or return_when == FIRST_COMPLETED
            or (return_when == FIRST_EXCEPTION and _failed(future))
        ):
            wake(waiter)

    for future in futures:
        future.add_done_callback(one_is_done)
    timer = None if timeout is None else loop.call_later(timeout, wake, waiter)
    try:
        await waiter
    finally:
        if timer is not None:
            timer.cancel()
        for future in futures:
            future.remove_done_callback(one_is_done)
    return (
        OrderedSet(f for f in futures if f.done()),
        OrderedSet(f for f in futures if not f.done()),
    )


def _failed(future: asyncio.Future[Any]) -> bool:
    # Not exception(): wait() reads nobody's exception for its caller.
    if future.cancelled():
        return False
    return future._exception is not None


class _Completions(Generic[T]):
    """What as_completed returns: an iterator and an async iterator."""

    def __init__(self, awaitables: Iterable[Awaitable[T]], timeout: float | None) -> None:
        self._todo = OrderedSet(futures_of(awaitables))
        self._left = len(self._todo)
        self._done: deque[asyncio.Future[T] | None] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timer = None
        for future in self._todo:
            future.add_done_callback(self._one_is_done)
        if self._todo and timeout is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(timeout, self._time_is_up)

    def __iter__(self) -> Iterator[Coroutine[Any, Any, T]]:
        return self

    def __next__(self) -> Coroutine[Any, Any, T]:
        """A coroutine for the result of the next one that completes."""
        if not self._left:
            raise StopIteration
        self._left -= 1
        return self._next_result()

    def __aiter__(self) -> AsyncIterator[asyncio.Future[T]]:
        return self

    async def __anext__(self) -> asyncio.Future[T]:
        """The next future that completes: the one given, or the task made for it."""
        if not self._left:
            raise StopAsyncIteration
        self._left -= 1
        return await self._next_future()

    async def _next_result(self) -> T:
        return (await self._next_future()).result()

    async def _next_future(self) -> asyncio.Future[T]:
        while not self._done:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._wake_one()  # It was woken for nothing; somebody else may go on.
                raise
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        future = self._done.popleft()
        if future is None:
            raise TimeoutError
        return future

    def _one_is_done(self, future: asyncio.Future[T]) -> None:
        if future not in self._todo:
            return
        self._todo.remove(future)
        self._done.append(future)
        self._wake_one()
        if not self._todo and self._timer is not None:
            self._timer.cancel()

    def _time_is_up(self) -> None:
        for future in self._todo:
            future.remove_done_callback(self._one_is_done)
            self._done.append(None)
            self._wake_one()
        self._todo.clear()

    def _wake_one(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return


def as_completed(fs: Iterable[Awaitable[T]], *, timeout: float | None = None) -> _Completions[T]:
    """
    Iterate in the order of completion.

    A plain `for` gives coroutines for the results; `async for` gives the futures that were
    given, or the tasks made for coroutines. At the timeout the next ones raise TimeoutError.
    """
    if asyncio.isfuture(fs) or asyncio.iscoroutine(fs):
        raise TypeError(f"an iterable of awaitables was expected, got {type(fs).__name__}")
    return _Completions(fs, timeout)


def shield(awaitable: Awaitable[T]) -> asyncio.Future[T]:
    """Wait for an awaitable that is not cancelled when the one who waits is."""
    inner = ensure_future(awaitable)
    if inner.done():
        return inner
    outer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    told = partial(_pass_on, outer)
    inner.add_done_callback(told)
    outer.add_done_callback(lambda _: inner.remove_done_callback(told))
    return outer


def _pass_on(outer: asyncio.Future[T], inner: asyncio.Future[T]) -> None:
    if outer.cancelled():
        if not inner.cancelled():
            inner.exception()  # Nobody is left to read it.
        return
    if inner.cancelled():
        outer.cancel()
        return
    error = inner.exception()
    if error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(inner.result())
