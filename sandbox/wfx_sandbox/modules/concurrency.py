"""`asyncio` as workflow code sees it: what `wfx.aio` has."""

from __future__ import annotations

from typing import Any, Final

from wfx import aio
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


def table() -> dict[str, Any]:
    """The names of the facade: those of `wfx.aio` only, which do not depend on the Python."""
    return {name: getattr(aio, name) for name in NAMES if hasattr(aio, name)}
