"""
Locks: Lock, Condition, Semaphore, BoundedSemaphore.

What is released while somebody waits is handed over at once, so nobody can get in between.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from types import TracebackType
from typing import Literal, TypeVar

from wfx.aio.waiters import Waiters

T = TypeVar("T")


class _Held:
    """What `async with` holds while its block runs."""

    async def acquire(self) -> Literal[True]:
        """Wait for it and hold it."""
        raise NotImplementedError

    def release(self) -> None:
        """Let the next one have it."""
        raise NotImplementedError

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.release()


class Lock(_Held):
    """At most one task holds it."""

    def __init__(self) -> None:
        self._locked = False
        self._waiters = Waiters()

    def locked(self) -> bool:
        """Whether a task holds it."""
        return self._locked

    async def acquire(self) -> Literal[True]:
        """Wait for it and hold it."""
        if self._locked:
            await self._waiters.join(give_back=self._hand_over)
        self._locked = True
        return True

    def release(self) -> None:
        """
        Let the next one have it.

        Raises:
            RuntimeError: If nobody holds it.
        """
        if not self._locked:
            raise RuntimeError("the lock is not acquired")
        self._hand_over()

    def _hand_over(self) -> None:
        self._locked = self._waiters.serve()

    def __repr__(self) -> str:
        return f"<Lock {'locked' if self._locked else 'unlocked'}>"


class Condition(_Held):
    """A lock whose holder can wait until another holder notifies it."""

    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = Lock() if lock is None else lock
        self._waiters = Waiters()

    def locked(self) -> bool:
        """Whether a task holds the lock."""
        return self._lock.locked()

    async def acquire(self) -> Literal[True]:
        """Wait for the lock and hold it."""
        return await self._lock.acquire()

    def release(self) -> None:
        """Let the next one have the lock."""
        self._lock.release()

    async def wait(self) -> Literal[True]:
        """
        Give the lock back, wait to be notified, and take the lock again, also if cancelled.

        Raises:
            RuntimeError: If nobody holds the lock.
        """
        self._must_be_held("wait")
        self._lock.release()
        cancelled: CancelledError | None = None
        notified = False
        try:
            await self._waiters.join(give_back=self._waiters.serve)
            notified = True
        except CancelledError as error:
            cancelled = error
        while True:
            try:
                await self._lock.acquire()
                break
            except CancelledError as error:
                cancelled = error
        if cancelled is None:
            return True
        if notified:
            self._waiters.serve()  # Somebody else can use it.
        try:
            raise cancelled
        finally:
            del cancelled

    async def wait_for(self, predicate: Callable[[], T]) -> T:
        """Wait until `predicate()` is true; its value."""
        while not (value := predicate()):
            await self.wait()
        return value

    def notify(self, n: int = 1) -> None:
        """
        Wake `n` tasks that wait.

        Raises:
            RuntimeError: If nobody holds the lock.
        """
        self._must_be_held("notify")
        for _ in range(n):
            if not self._waiters.serve():
                return

    def notify_all(self) -> None:
        """Wake all tasks that wait."""
        self._must_be_held("notify")
        self._waiters.serve_all()

    def _must_be_held(self, verb: str) -> None:
        if not self._lock.locked():
            raise RuntimeError(f"cannot {verb} on a condition whose lock is not acquired")

    def __repr__(self) -> str:
        return f"<Condition {'locked' if self.locked() else 'unlocked'}>"


class Semaphore(_Held):
    """At most `value` tasks hold it."""

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise ValueError(f"a semaphore's value cannot be {value}; it must be 0 or more")
        self._value = value
        self._waiters = Waiters()

    def locked(self) -> bool:
        """Whether a task that asks now would wait."""
        return self._value == 0

    async def acquire(self) -> Literal[True]:
        """Wait for a place and take it."""
        if self._value > 0:
            self._value -= 1
        else:
            await self._waiters.join(give_back=self._give)
        return True

    def release(self) -> None:
        """Give a place to the next one, or keep it free."""
        self._give()

    def _give(self) -> None:
        if not self._waiters.serve():
            self._value += 1

    def __repr__(self) -> str:
        state = "locked" if self.locked() else f"value={self._value}"
        return f"<{type(self).__name__} {state}>"


class BoundedSemaphore(Semaphore):
    """A semaphore that cannot be released more often than acquired."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._bound = value

    def release(self) -> None:
        """
        Give a place to the next one, or keep it free.

        Raises:
            ValueError: If all places are free.
        """
        if self._value >= self._bound:
            raise ValueError("the semaphore was released more often than acquired")
        super().release()
