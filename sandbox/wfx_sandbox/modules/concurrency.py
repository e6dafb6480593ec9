"""`asyncio`: what runs on the deterministic loop, from `wfx.aio` where that has its own."""

from __future__ import annotations

import asyncio
from typing import Any, Final

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
    """The names of the facade."""
    ours: Any
    try:
        from wfx import aio as ours
    except ImportError:
        ours = asyncio
    return {
        name: getattr(ours, name, None) or getattr(asyncio, name)
        for name in NAMES
        if hasattr(ours, name) or hasattr(asyncio, name)
    }
