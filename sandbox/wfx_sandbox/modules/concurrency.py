"""`asyncio` as workflow code sees it: what `wfx.aio` has."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from wfx import aio
from wfx_sandbox.state import violate
from wfx_sandbox.words import words

NAMES: Final = words(
    """
    sleep gather wait wait_for timeout timeout_at Timeout TaskGroup as_completed shield
    create_task ensure_future current_task iscoroutine iscoroutinefunction isfuture Task
    Future Queue PriorityQueue LifoQueue QueueEmpty QueueFull QueueShutDown Event Lock
    Semaphore BoundedSemaphore Condition Barrier BrokenBarrierError CancelledError
    TimeoutError InvalidStateError FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED
"""
)


class _FutureKind(type):
    """Makes futures of the running loop only, and takes all of them for its instances."""

    real: Any
    __iter__ = None  # else `__getitem__` makes it a sequence without an end

    def __call__(cls) -> Any:
        if cls is not Future:
            violate("WFX201", "a task is made of a coroutine.", "Use asyncio.create_task.")
        return asyncio.get_running_loop().create_future()

    def __getitem__(cls, item: object) -> Any:
        return cls

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.real)

    def __repr__(cls) -> str:
        return f"<class 'asyncio.{cls.__name__}'>"


class Future(metaclass=_FutureKind):
    """`asyncio.Future`."""

    real = asyncio.Future


class Task(metaclass=_FutureKind):
    """`asyncio.Task`."""

    real = asyncio.Task


def table() -> dict[str, Any]:
    """The names of the facade: those of `wfx.aio` only, which do not depend on the Python."""
    found = {name: getattr(aio, name) for name in NAMES if hasattr(aio, name)}
    return {**found, "Future": Future, "Task": Task}
