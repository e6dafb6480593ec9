"""
A queue of tasks that wait to be served, which locks, queues and the like are made of.

First come, first served. A task that is cancelled in the very turn in which it was served
gives back what it got.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable
from typing import Any


class Waiters:
    """Tasks waiting, in the order they came."""

    __slots__ = ("_futures",)

    def __init__(self) -> None:
        self._futures: deque[asyncio.Future[Any]] = deque()

    async def join(self, give_back: Callable[[], object]) -> Any:
        """
        Wait to be served; what with.

        Args:
            give_back: Called if the task was served and cancelled before it could go on.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._futures.append(future)
        try:
            return await future
        except CancelledError:
            if future.done() and not future.cancelled():
                give_back()
            raise
        finally:
            if not future.done() or future.cancelled():
                self._futures.remove(future)

    def serve(self, value: Any = None) -> bool:
        """Serve the first one; whether there was one."""
        for index, future in enumerate(self._futures):
            if not future.done():
                # Cancelled ones before it take themselves out.
                del self._futures[index]
                future.set_result(value)
                return True
        return False

    def serve_all(self, value: Any = None) -> None:
        """Serve everybody who waits now."""
        while self.serve(value):
            pass

    def __len__(self) -> int:
        return sum(not future.done() for future in self._futures)
