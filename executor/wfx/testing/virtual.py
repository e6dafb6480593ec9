"""
Workers in virtual time: no thread, no sleeping, and the same turns at every run.

`VirtualLoop` is an asyncio event loop whose time is a `ManualClock`. When nothing is ready
it does not wait: it lets the clock jump to the next timer. So a run with day-long sleeps,
retries and expiring leases is over in milliseconds. Sync step bodies run inline.

    with VirtualLoop() as loop:
        world = MemoryWorld(loop.clock)
        worker = Worker(world, [program], **loop.for_worker())
        loop.run(worker.serve())
"""

from __future__ import annotations

import asyncio
import math
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, TypeVarTuple

from wfx.clock import ManualClock
from wfx.closing import Closing

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from wfx.workers.presence import Presence
    from wfx.workers.wakeups import Wakeups
    from wfx.world import Watch, World

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NEWS_SECONDS_FIRST = 1.0
_NEWS_SECONDS_MAX = 600.0


class Stuck(AssertionError):
    """Nothing is left that could happen, or virtual time went on far too long."""


class ForWorker(TypedDict):
    """What a `Worker` is given so that it lives in virtual time."""

    clock: ManualClock
    steady: ManualClock
    wakeups: Wakeups
    pause: Callable[[float], None]
    presence: Presence


class SecludedLoop(BaseEventLoop):
    """An event loop that nothing reaches from outside; it is the selector that it asks."""

    def __init__(self) -> None:
        super().__init__()
        self._clock_resolution = 1e-6
        self._selector = self

    def _process_events(self, _events: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There is nobody to wake."""


class VirtualLoop(SecludedLoop, Closing):
    """
    An event loop in virtual time.

    Args:
        clock: Its time; a new one if None.
        limit: Virtual time after which a test is taken for stuck.
    """

    def __init__(
        self, clock: ManualClock | None = None, *, limit: timedelta = timedelta(days=30)
    ) -> None:
        super().__init__()
        self.clock = clock or ManualClock()
        self.idle: list[Callable[[], bool]] = []
        """Asked before time passes; True if one of them made something ready."""
        self.dead: set[str] = set()
        """Owners that have surely ended."""
        self._origin_us = self.clock.now_us()
        self._limit_us = limit // timedelta(microseconds=1)
        self._owners = 0

    def time(self) -> float:
        """Seconds of virtual time."""
        return (self.clock.now_us() - self._origin_us) / 1e6

    def select(self, timeout: float | None) -> list[object]:
        """What a selector does, but time passes at once."""
        if timeout is not None and timeout <= 0:
            return []
        asked = [ask() for ask in self.idle]
        if True in asked:
            return []
        if timeout is None:
            raise Stuck("nothing is ready, and nothing is waited for")
        self.pause(timeout)
        if self.clock.now_us() - self._origin_us > self._limit_us:
            raise Stuck(f"after {timedelta(microseconds=self._limit_us)} nothing has ended")
        return []

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run it here and now."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(microseconds=math.ceil(seconds * 1e6)))

    def for_worker(self, owner: str | None = None) -> ForWorker:
        """Arguments for a `Worker` that shall live here."""
        self._owners += 1
        presence: Any = VirtualPresence(owner or f"owner-{self._owners}", self.dead)
        return ForWorker(
            clock=self.clock,
            steady=self.clock,
            wakeups=VirtualWakeups(self),
            pause=self.pause,
            presence=presence,
        )

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; tasks it leaves behind are cancelled."""
        task = self.create_task(main)
        try:
            return self.run_until_complete(task)
        finally:
            task.cancel()
            self.kill()

    def kill(self) -> None:
        """Cancel all tasks and let them end."""
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        if tasks:
            self.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


class VirtualPresence:
    """A `Presence` without a file: who is dead stands in the loop's set."""

    def __init__(self, owner: str, dead: set[str]) -> None:
        self.owner = owner
        self._dead = dead

    def is_dead(self, owner: str) -> bool:
        """Whether this owner has surely ended."""
        return owner in self._dead

    def close(self) -> None:
        """Whoever gives its presence up has ended."""
        self._dead.add(self.owner)


class VirtualWakeups:
    """`Wakeups` by timers of the loop; the world is looked at whenever it is idle."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._watch: Watch | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._news: Callable[[], None] = lambda: None
        self._pause = _NEWS_SECONDS_FIRST

    def start(
        self,
        world: World,
        loop: asyncio.AbstractEventLoop,
        *,
        news: Callable[[], None],
        beat: Callable[[], None],
        beat_seconds: float,
    ) -> None:
        """See `Wakeups.start`."""
        assert loop is self._loop
        self._news = news
        self._watch = world.watch()
        self._loop.idle.append(self._ask)
        self._again("news", self._pause, self._look)

        def keep_beating() -> None:
            beat()
            self._again("beat", beat_seconds, keep_beating)

        self._again("beat", beat_seconds, keep_beating)

    def stop(self) -> None:
        """See `Wakeups.stop`."""
        for timer in self._timers.values():
            timer.cancel()
        if self._watch is not None:
            self._watch.close()
            self._loop.idle.remove(self._ask)
            self._watch = None

    def _again(self, what: str, seconds: float, call: Callable[[], None]) -> None:
        self._timers[what] = self._loop.call_later(seconds, call)

    def _ask(self) -> bool:
        if self._watch is None or not self._watch.wait(0):
            return False
        self._pause = _NEWS_SECONDS_FIRST
        self._news()
        return True

    def _look(self) -> None:
        # Less and less often while nothing happens: a day of sleep is not a day's looks.
        self._pause = min(self._pause * 2, _NEWS_SECONDS_MAX)
        self._again("news", self._pause, self._look)
        self._news()
