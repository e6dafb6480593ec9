"""
One life of a worker process in a simulation: the real `Worker` on a loop of its own.

Its clock may be wrong, its beats and news may get lost, it may stand still and it may die
between any two turns. Nothing of it survives but what is in the world.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, cast

from wfx.activation import Execution
from wfx.burial import bury, quietly
from wfx.errors import WorldUnavailable
from wfx.testing.faults import Crash
from wfx.testing.plain import PlainInstance, PlainProgram
from wfx.testing.simulation.line import Line, Party
from wfx.testing.simulation.schedule import SECOND_US, OffsetClock, Schedule
from wfx.testing.virtual import SecludedLoop
from wfx.workers.worker import Worker

if TYPE_CHECKING:
    from collections import deque
    from concurrent.futures import Executor

    from wfx.context import RunContext
    from wfx.testing.simulation.judge import Judge
    from wfx.testing.simulation.weather import Weather
    from wfx.world import World

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NEWS_SECONDS_MAX = 30.0
_SLOW_SECONDS_MAX = 20.0


class Host:
    """A machine: its processes share a clock, and see at once which of them are dead."""

    def __init__(self, schedule: Schedule) -> None:
        self.clock = OffsetClock(schedule)
        self.dead: set[str] = set()


class Presence:
    """A `Presence` that knows its own host only."""

    def __init__(self, owner: str, host: Host) -> None:
        self.owner = owner
        self._host = host

    def is_dead(self, owner: str) -> bool:
        """Whether this owner has surely ended."""
        return owner in self._host.dead

    def close(self) -> None:
        """Whoever gives its presence up has ended."""
        self._host.dead.add(self.owner)


class ProcessLoop(SecludedLoop):
    """An event loop that runs one round when it is told to, in the schedule's time."""

    if TYPE_CHECKING:
        _ready: deque[asyncio.Handle]
        _scheduled: list[asyncio.TimerHandle]
        _timer_cancelled_count: int

        def _run_once(self) -> None: ...

    def __init__(self, process: Process) -> None:
        super().__init__()
        self.process = process

    def time(self) -> float:
        """Seconds since the simulation began; no jump of a clock shows here."""
        return self.process.schedule.seconds()

    def select(self, _timeout: float | None) -> list[object]:
        """What a selector does: nothing comes from outside, and nobody waits here."""
        return []

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run it here and now; its result comes later."""
        future: asyncio.Future[T] = self.create_future()
        try:
            result = func(*args)
        except Exception as error:
            future.set_exception(error)
            return future

        def arrive() -> None:
            if not future.done():
                future.set_result(result)

        self.call_later(self.process.slowness(0.1), arrive)
        return future

    def next_us(self) -> int | None:
        """When there is something to do."""
        if self._ready:
            return self.process.schedule.now_us
        while self._scheduled and self._scheduled[0].cancelled():
            heapq.heappop(self._scheduled)
            self._timer_cancelled_count -= 1
        if not self._scheduled:
            return None
        left = self._scheduled[0].when() - self.time()
        return self.process.schedule.now_us + max(0, round(left * SECOND_US))

    def round(self) -> None:
        """Run what is ready."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            self._run_once()
        finally:
            asyncio._set_running_loop(before)


class _Roster(PlainProgram):
    """A program that knows the coroutines it has in memory, to be dropped with them."""

    def __init__(self, program: PlainProgram) -> None:
        super().__init__(*program.members)
        self.alive: list[Execution] = []

    def instantiate(self, run: RunContext) -> PlainInstance:
        if isinstance(run, Execution):
            self.alive.append(run)
        return super().instantiate(run)


class Process(Party):
    """A worker, from its start to its end."""

    def __init__(
        self,
        schedule: Schedule,
        judge: Judge,
        weather: Weather,
        host: Host,
        owner: str,
        program: PlainProgram,
        on_end: Callable[[], None],
        *,
        queues: Collection[str] | None = None,
    ) -> None:
        super().__init__(schedule, owner)
        self.judge = judge
        self._weather = weather
        self._host = host
        self._program = _Roster(program)
        self._on_end = on_end
        self.queues = queues
        self._frozen_until_us = 0
        self._random = Random(schedule.random.random())
        self._worker: Worker | None = None
        self._in_turn = False
        self.calls = Calls(self, weather)
        self.loop = ProcessLoop(self)
        self.loop.set_exception_handler(self._complain)
        self._task = self.loop.create_task(self._serve())
        schedule.members.append(self)

    async def _serve(self) -> None:
        self._worker = Worker(
            Line(self, self.judge, self._weather),  # type: ignore[arg-type]  # its parts are made by name
            [self._program],
            slots=self._weather.slots,
            queues=self.queues,
            presence=Presence(self.owner, self._host),  # type: ignore[arg-type]  # has no file
            clock=self._host.clock,
            steady=OffsetClock(self.schedule),
            lease=timedelta(seconds=self._weather.lease_seconds),
            entropy=self._random.randbytes,
            wakeups=self.calls,
            pause=self._pause,
            runs_kept_max=self._weather.kept_max,
        )
        await self._worker.serve()

    # -- turns ----------------------------------------------------------------------------

    def next_us(self) -> int | None:
        """When this process has something to do."""
        if self.over or self.dead:
            return None
        at = self.loop.next_us()
        return None if at is None else max(at, self._frozen_until_us)

    @property
    def turns(self) -> Process | None:
        """Itself while its loop is at work; a beat keeps the loop from nothing."""
        return self if self._in_turn else None

    @property
    def frozen_seconds(self) -> float:
        """For how long it will stand still."""
        return max(0, self._frozen_until_us - self.schedule.now_us) / SECOND_US

    def turn(self) -> None:
        """One round of its loop."""
        self._in_turn = True
        try:
            self.loop.round()
        except Crash:
            self.die()
        finally:
            self._in_turn = False
        if self._task.done() and not self.dead:
            self._ended()

    def _ended(self) -> None:
        error = None if self._task.cancelled() else self._task.exception()
        if isinstance(error, WorldUnavailable):
            self.judge.saw("a worker gave up because the world did not answer")
            self.note(f"gives up: {error}")
        elif error is not None and self.schedule.failure is None:
            raise self.schedule.broken(f"{self.owner} ended with {error!r}") from error
        else:
            self.note("has stopped")
        self.over = True
        self._leave()

    def _leave(self) -> None:
        if self in self.schedule.members:
            self.schedule.members.remove(self)
            self._host.dead.add(self.owner)
            self.judge.gone(self)
            self.calls.stop()
            self._on_end()

    def _complain(self, _loop: object, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not self.dead and not isinstance(error, Crash):
            self.schedule.broken(f"{self.owner}: {context['message']}: {error!r}")

    # -- what happens to it ---------------------------------------------------------------

    def die(self) -> None:
        """Die here and now, with everything in memory."""
        if not self.dead and not self.over:
            self.dead = self.over = True
            self._leave()

    def stop(self) -> None:
        """Be asked to stop, as by SIGTERM."""
        if self._worker is not None and not self.stopping and not self.dead and not self.over:
            self.note("is asked to stop")
            self.stopping = True
            with self._inside():
                self._worker.stop()

    def freeze(self, seconds: float) -> None:
        """Take no turn and send no beat for so long."""
        self._frozen_until_us = self.schedule.now_us + int(seconds * SECOND_US)

    def slowness(self, seconds: float) -> float:
        """How long something takes that usually takes up to `seconds`."""
        if self.schedule.chance(self._weather.slow_step):
            return self._random.uniform(0, _SLOW_SECONDS_MAX)
        return self._random.uniform(0, seconds)

    def _pause(self, seconds: float) -> None:
        self.schedule.others(self, seconds)
        if self.dead:
            raise Crash("it died while it waited")

    def bury(self) -> None:
        """Let go of what is left in memory, without a sound."""
        self.dead = True
        for execution in self._program.alive:
            execution.drop()
        with quietly():
            for task in asyncio.all_tasks(self.loop):
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # not in typeshed
                coroutine = task.get_coro()
                if coroutine is not None:
                    bury(cast("Coroutine[Any, Any, Any]", coroutine))
            self._worker = None
            self.loop.close()

    @contextmanager
    def _inside(self) -> Iterator[None]:
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self.loop)
        try:
            yield
        finally:
            asyncio._set_running_loop(before)


class Calls:
    """`Wakeups` of a process: beats and news as the weather lets them through."""

    def __init__(self, process: Process, weather: Weather) -> None:
        self._process = process
        self._schedule = process.schedule
        self._weather = weather
        self._news: Callable[[], None] = lambda: None
        self._beat: Callable[[], None] = lambda: None
        self._beat_seconds = 1.0
        self._news_seconds = 1.0
        self._listens = False

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
        self._news, self._beat, self._beat_seconds = news, beat, beat_seconds
        self._listens = True
        self._poll()
        self._schedule.after(beat_seconds, self._keep_beating)

    def stop(self) -> None:
        """See `Wakeups.stop`."""
        self._listens = False

    def tell(self) -> None:
        """Something changed in the world."""
        if not self._listens or self._schedule.chance(self._weather.news_lost):
            return
        late = self._schedule.chance(self._weather.news_late)
        self._schedule.after(self._schedule.random.uniform(0, 5.0 if late else 0.01), self._hear)

    def _hear(self) -> None:
        if self._listens:
            self._news_seconds = 1.0
            self._process.loop.call_soon_threadsafe(self._news)

    def _poll(self) -> None:
        """Looking around without being told, ever more seldom while nothing happens."""
        if self._listens:
            self._process.loop.call_soon_threadsafe(self._news)
            self._news_seconds = min(self._news_seconds * 2, _NEWS_SECONDS_MAX)
            self._schedule.after(self._news_seconds, self._poll)

    def _keep_beating(self) -> None:
        if not self._listens:
            return
        frozen = self._process.frozen_seconds
        if frozen > 0:
            self._schedule.after(frozen, self._keep_beating)
            return
        self._schedule.after(self._beat_seconds, self._keep_beating)
        if not self._schedule.chance(self._weather.beats_lost):
            self._beat()
