"""Making tasks, and passing a turn or some time."""

from __future__ import annotations

import asyncio
import inspect
import math
import types
from collections.abc import Awaitable, Coroutine, Generator, Iterable
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def create_task(
    coro: Coroutine[Any, Any, T], *, name: object = None, context: Context | None = None
) -> asyncio.Task[T]:
    """Start a coroutine as a task of the running loop."""
    loop: Any = asyncio.get_running_loop()
    task: asyncio.Task[T] = loop.create_task(coro, name=name, context=context)
    return task


def ensure_future(awaitable: Awaitable[T]) -> asyncio.Future[T]:
    """The future itself, or a new task around a coroutine or another awaitable."""
    if asyncio.isfuture(awaitable):
        return awaitable
    if asyncio.iscoroutine(awaitable):
        return create_task(awaitable)
    if inspect.isawaitable(awaitable):
        return create_task(_await(awaitable))
    raise TypeError(
        f"a future, a coroutine or an awaitable was expected, got {type(awaitable).__name__}"
    )


async def _await(awaitable: Awaitable[T]) -> T:
    return await awaitable


def futures_of(awaitables: Iterable[Awaitable[T]]) -> list[asyncio.Future[T]]:
    """
    A future for each, in order; the same awaitable twice is the same future.

    If one cannot be had, the coroutines not yet started are closed.
    """
    given = list(awaitables)
    made: dict[int, asyncio.Future[T]] = {}
    try:
        return [made.get(id(a)) or made.setdefault(id(a), ensure_future(a)) for a in given]
    except BaseException:
        for awaitable in given:
            if asyncio.iscoroutine(awaitable) and id(awaitable) not in made:
                awaitable.close()
        raise


async def sleep(delay: float, result: Any = None) -> Any:
    """
    Wait for `delay` seconds, durably; a delay of 0 or less gives the others one turn.

    Raises:
        ValueError: If the delay is NaN.
    """
    if math.isnan(delay):
        raise ValueError("a delay in seconds was expected, not NaN")
    if delay <= 0:
        await turn()
        return result
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()
    handle = loop.call_later(delay, wake, waiter)
    try:
        await waiter
    finally:
        handle.cancel()
    return result


@types.coroutine
def turn() -> Generator[None, None, None]:
    """Let everything run that is ready now."""
    yield


def wake(waiter: asyncio.Future[None]) -> None:
    """Resolve a waiter, unless that has happened."""
    if not waiter.done():
        waiter.set_result(None)
