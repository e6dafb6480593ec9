"""Event and Barrier: tasks that wait until something is so for all of them."""

from __future__ import annotations

from asyncio import BrokenBarrierError
from types import TracebackType
from typing import Literal

from wfx.aio.waiters import Waiters


def _nothing() -> None:
    """There is nothing to give back."""


class Event:
    """A flag to wait for."""

    def __init__(self) -> None:
        self._set = False
        self._waiters = Waiters()

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._set

    def set(self) -> None:
        """Set it; all who wait go on."""
        self._set = True
        self._waiters.serve_all()

    def clear(self) -> None:
        """Unset it; who comes from now on waits."""
        self._set = False

    async def wait(self) -> Literal[True]:
        """Wait until it is set."""
        if not self._set:
            await self._waiters.join(give_back=_nothing)
        return True

    def __repr__(self) -> str:
        return f"<Event {'set' if self._set else 'unset'}>"


class Barrier:
    """
    Lets tasks pass `parties` at a time.

    Each one gets its number among those it passes with, the last to come the highest. A
    task that is cancelled while it waits leaves, and the others wait for one more.
    """

    def __init__(self, parties: int) -> None:
        if parties < 1:
            raise ValueError(f"a barrier's parties cannot be {parties}; there must be 1 or more")
        self._parties = parties
        self._broken = False
        self._waiters = Waiters()

    @property
    def parties(self) -> int:
        """How many pass together."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many wait now."""
        return len(self._waiters)

    @property
    def broken(self) -> bool:
        """Whether it was aborted, and not reset since."""
        return self._broken

    async def wait(self) -> int:
        """
        Wait until enough tasks do; this one's number among them.

        Raises:
            BrokenBarrierError: If the barrier is broken, or is reset or aborted meanwhile.
        """
        if self._broken:
            raise BrokenBarrierError("the barrier is aborted")
        last = self._parties - 1
        if len(self._waiters) == last:
            for number in range(last):
                self._waiters.serve(number)
            return last
        number = await self._waiters.join(give_back=_nothing)
        if number is None:
            raise BrokenBarrierError("the barrier was reset or aborted")
        return int(number)

    async def reset(self) -> None:
        """Make it new; who waits gets BrokenBarrierError."""
        self._broken = False
        self._waiters.serve_all(None)

    async def abort(self) -> None:
        """Break it until it is reset; who waits, or comes, gets BrokenBarrierError."""
        self._broken = True
        self._waiters.serve_all(None)

    async def __aenter__(self) -> int:
        return await self.wait()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Nothing: it was passed on entering."""

    def __repr__(self) -> str:
        state = "broken" if self._broken else f"{self.n_waiting}/{self._parties}"
        return f"<Barrier {state}>"
