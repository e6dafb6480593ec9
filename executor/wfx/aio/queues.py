"""Queue, PriorityQueue and LifoQueue, with Python 3.13's shutdown on every version."""

from __future__ import annotations

import heapq
from asyncio import QueueEmpty, QueueFull
from collections import deque
from typing import Any, Generic, TypeVar

from wfx.aio.events import Event
from wfx.aio.waiters import Waiters

T = TypeVar("T")


class QueueShutDown(Exception):
    """The queue was shut down."""


class Queue(Generic[T]):
    """
    Items on their way from tasks to tasks, first in, first out.

    Args:
        maxsize: Who puts waits while there are so many; 0 for any number.
    """

    def __init__(self, maxsize: int = 0) -> None:
        self._maxsize = maxsize
        self._getters = Waiters()
        self._putters = Waiters()
        self._unfinished = 0
        self._finished = Event()
        self._finished.set()
        self._shut = False
        self._init(maxsize)

    # -- what a kind of queue is ----------------------------------------------------------

    def _init(self, maxsize: int) -> None:
        self._queue: Any = deque()

    def _get(self) -> T:
        item: T = self._queue.popleft()
        return item

    def _put(self, item: T) -> None:
        self._queue.append(item)

    # -- looking --------------------------------------------------------------------------

    @property
    def maxsize(self) -> int:
        """How many items it takes; 0 for any number."""
        return self._maxsize

    def qsize(self) -> int:
        """How many items are in it."""
        return len(self._queue)

    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not self._queue

    def full(self) -> bool:
        """Whether it takes no more now."""
        return 0 < self._maxsize <= self.qsize()

    # -- putting --------------------------------------------------------------------------

    async def put(self, item: T) -> None:
        """
        Wait for room and put it in.

        Raises:
            QueueShutDown: If the queue is shut down, or is while waiting.
        """
        while self.full() and not self._shut:
            await self._putters.join(give_back=self._room_for_another)
        self.put_nowait(item)

    def put_nowait(self, item: T) -> None:
        """
        Put it in now.

        Raises:
            QueueShutDown: If the queue is shut down.
            QueueFull: If there is no room.
        """
        if self._shut:
            raise QueueShutDown
        if self.full():
            raise QueueFull
        self._put(item)
        self._unfinished += 1
        self._finished.clear()
        self._getters.serve()

    def _room_for_another(self) -> None:
        if not self.full():
            self._putters.serve()

    # -- getting --------------------------------------------------------------------------

    async def get(self) -> T:
        """
        Wait for an item and take it.

        Raises:
            QueueShutDown: If the queue is shut down and empty.
        """
        while self.empty() and not self._shut:
            await self._getters.join(give_back=self._item_for_another)
        return self.get_nowait()

    def get_nowait(self) -> T:
        """
        Take an item now.

        Raises:
            QueueShutDown: If the queue is shut down and empty.
            QueueEmpty: If there is none.
        """
        if self.empty():
            if self._shut:
                raise QueueShutDown
            raise QueueEmpty
        item = self._get()
        self._putters.serve()
        return item

    def _item_for_another(self) -> None:
        if not self.empty():
            self._getters.serve()

    # -- ending ---------------------------------------------------------------------------

    def task_done(self) -> None:
        """
        Say that the work on an item that was taken is done.

        Raises:
            ValueError: If that was said for every item already.
        """
        if self._unfinished <= 0:
            raise ValueError("task_done() was called more often than items were put in")
        self._unfinished -= 1
        if self._unfinished == 0:
            self._finished.set()

    async def join(self) -> None:
        """Wait until the work on all items is done."""
        if self._unfinished > 0:
            await self._finished.wait()

    def shutdown(self, immediate: bool = False) -> None:
        """
        Take nothing in any more; what is in can still be taken, unless `immediate`.

        Who waits to put, or to get from an empty queue, gets QueueShutDown. With
        `immediate` the items are thrown away, their work counts as done.
        """
        self._shut = True
        if immediate:
            while not self.empty():
                self._get()
                if self._unfinished > 0:
                    self._unfinished -= 1
            if self._unfinished == 0:
                self._finished.set()
        self._getters.serve_all()
        self._putters.serve_all()

    def __repr__(self) -> str:
        shut = " shutdown" if self._shut else ""
        return f"<{type(self).__name__} maxsize={self._maxsize} size={self.qsize()}{shut}>"


class PriorityQueue(Queue[T]):
    """Gives the smallest item first."""

    def _init(self, maxsize: int) -> None:
        self._queue = []

    def _put(self, item: T) -> None:
        heapq.heappush(self._queue, item)

    def _get(self) -> T:
        item: T = heapq.heappop(self._queue)
        return item


class LifoQueue(Queue[T]):
    """Gives the newest item first."""

    def _init(self, maxsize: int) -> None:
        self._queue = []

    def _get(self) -> T:
        item: T = self._queue.pop()
        return item
