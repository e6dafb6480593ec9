"""
asyncio for workflow code: the same names, the same turns on every version of Python.

The standard library's combinators differ between versions in the tasks they make and in
the order of turns, and a log depends on both. These are written from what is documented,
with the behaviour of Python 3.13 where versions differ. They use public calls of the
running loop only.
"""

from __future__ import annotations

import inspect
from asyncio import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    BrokenBarrierError,
    CancelledError,
    InvalidStateError,
    QueueEmpty,
    QueueFull,
    current_task,
    get_running_loop,
    iscoroutine,
    isfuture,
)
from collections.abc import Callable
from typing import NoReturn

from wfx.aio.events import Barrier, Event
from wfx.aio.gathering import as_completed, gather, shield, wait
from wfx.aio.locks import BoundedSemaphore, Condition, Lock, Semaphore
from wfx.aio.queues import LifoQueue, PriorityQueue, Queue, QueueShutDown
from wfx.aio.refused import REFUSED, refusing
from wfx.aio.taskgroups import TaskGroup
from wfx.aio.tasks import create_task, ensure_future, sleep
from wfx.aio.timeouts import Timeout, timeout, timeout_at, wait_for
from wfx.futures import Future, Task

TimeoutError = TimeoutError
iscoroutinefunction = inspect.iscoroutinefunction

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "REFUSED",
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "CancelledError",
    "Condition",
    "Event",
    "Future",
    "InvalidStateError",
    "LifoQueue",
    "Lock",
    "PriorityQueue",
    "Queue",
    "QueueEmpty",
    "QueueFull",
    "QueueShutDown",
    "Semaphore",
    "Task",
    "TaskGroup",
    "Timeout",
    "TimeoutError",
    "as_completed",
    "create_task",
    "current_task",
    "ensure_future",
    "gather",
    "get_running_loop",
    "iscoroutine",
    "iscoroutinefunction",
    "isfuture",
    "shield",
    "sleep",
    "timeout",
    "timeout_at",
    "wait",
    "wait_for",
]


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if name in REFUSED:
        return refusing(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
