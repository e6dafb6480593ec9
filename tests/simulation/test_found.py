"""What simulations found, each as small as it could be made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from wfx import aio, step, workflow
from wfx.burial import quietly
from wfx.clock import ManualClock
from wfx.errors import WorldUnavailable
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.queues import QueueLimits
from wfx.testing.plain import PlainProgram
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker

HOUR = timedelta(hours=1)


@workflow(name="found:nap")
async def nap() -> str:
    """Sleeps for a minute."""
    await aio.sleep(60)
    return "rested"


class HostClock:
    """A clock that differs from the world's."""

    def __init__(self, world: ManualClock) -> None:
        self._world = world
        self.ahead = timedelta()

    def now_us(self) -> int:
        """The time as this host has it."""
        return self._world.now_us() + self.ahead // timedelta(microseconds=1)


class Watcher(Observer):
    """Stops a worker at a run's end; tells of suspensions."""

    def __init__(self, suspended: Callable[[], None] = lambda: None) -> None:
        self.worker: Worker | None = None
        self._suspended = suspended

    def suspended(self, run_id: str, runner: Any) -> None:
        """A run waits."""
        self._suspended()

    def ended(self, run_id: str) -> None:
        """The run is over."""
        assert self.worker is not None
        self.worker.stop()


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Virtual time."""
    with VirtualLoop(limit=timedelta(hours=3)) as loop:
        yield loop


def napped(
    loop: VirtualLoop,
    world: MemoryWorld,
    watcher: Watcher,
    members: Any = (nap,),
    **options: Any,
) -> float:
    """How long a run of `nap` slept, in seconds of the world's clock."""
    program = PlainProgram(*members)
    run_id = start_run(world, program, "found:nap", [])
    given: dict[str, Any] = {**loop.for_worker(), **options}
    watcher.worker = Worker(world, [program], observer=watcher, **given)
    loop.run(watcher.worker.serve())
    at = {event.type: event.created_at for event in world.events.list(run_id)}
    return (at["wait_completed"] - at["wait_created"]).total_seconds()


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["ahead", "back"])
def test_a_hosts_clock_that_jumps_neither_shortens_a_sleep_nor_makes_its_worker_spin(
    loop: VirtualLoop, jump: timedelta
) -> None:
    """The worker asked the world's time only once, when it began."""
    world = MemoryWorld(loop.clock)
    clock = HostClock(loop.clock)
    asked = [0]
    due = world.queue.due

    def counted(*args: Any, **kwargs: Any) -> int:
        asked[0] += 1
        return due(*args, **kwargs)

    def jumped() -> None:
        clock.ahead = jump

    world.queue.due = counted  # type: ignore[method-assign]  # counts its calls
    slept = napped(loop, world, Watcher(jumped), clock=clock)

    assert slept == pytest.approx(60, abs=2)
    assert asked[0] < 300


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["ahead", "back"])
def test_a_sleep_begun_right_after_a_hosts_clock_jumped_is_as_long_as_any(
    loop: VirtualLoop, jump: timedelta
) -> None:
    """The worker had not asked the world for its time again, and took the jump for time."""

    @step(name="found:set_the_clock")
    async def set_the_clock() -> None:
        clock.ahead = jump

    @workflow(name="found:nap")
    async def nap() -> str:
        await set_the_clock()
        await aio.sleep(60)
        return "rested"

    clock = HostClock(loop.clock)
    world = MemoryWorld(loop.clock)
    slept = napped(loop, world, Watcher(), members=(nap, set_the_clock), clock=clock)
    assert slept == pytest.approx(60, abs=2)


def test_a_run_that_was_claimed_and_could_not_be_read_is_read_later(loop: VirtualLoop) -> None:
    """Its claim was extended for ever, and nobody looked at it again."""
    world = MemoryWorld(loop.clock)
    read, left = world.events.list, [1]

    def unreliable(*args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise WorldUnavailable(url="x", reason="y", remedy="z", transient=True)
        return read(*args, **kwargs)

    world.events.list = unreliable  # type: ignore[method-assign]  # fails once

    assert napped(loop, world, Watcher()) == pytest.approx(60, abs=1)


def test_a_worker_that_gets_its_own_expired_claim_again_goes_on_with_the_run(
    loop: VirtualLoop,
) -> None:
    """What was under way under the old claim ended the new one, which nobody worked under."""
    world = MemoryWorld(loop.clock)
    until = loop.time() + 26.5  # longer than an append is repeated

    def out_of_reach(call: Any) -> Any:
        def unreliable(*args: Any, **kwargs: Any) -> Any:
            if loop.time() < until:
                raise WorldUnavailable(url="x", reason="y", remedy="z", transient=True)
            return call(*args, **kwargs)

        return unreliable

    program = PlainProgram(nap)
    run_id = start_run(world, program, "found:nap", [])
    watcher = Watcher()
    given: dict[str, Any] = dict(loop.for_worker())
    watcher.worker = Worker(world, [program], observer=watcher, **given)
    world.events.create_batch = out_of_reach(world.events.create_batch)  # type: ignore[method-assign]  # fails for a while
    world.queue.extend = out_of_reach(world.queue.extend)  # type: ignore[method-assign]  # the same
    loop.run(watcher.worker.serve())

    assert world.runs.get(run_id).output == "rested"


def test_a_worker_that_parks_a_run_too_late_leaves_it_to_others(loop: VirtualLoop) -> None:
    """It stood still between its claim and the parking; the refusal ended it."""

    class Parked(Watcher):
        def parked(self, run_id: str, error: BaseException) -> None:
            self.ended(run_id)

    world = MemoryWorld(loop.clock)
    program = PlainProgram(nap)
    run_id = start_run(world, program, "found:nap", [])
    for _ in range(3):
        assert world.queue.claim("dead", run_id=run_id)
        world.queue.revoke("dead")
    park, late = world.queue.park, [True]

    def parked_late(hold: Any, *args: Any, **kwargs: Any) -> None:
        if late.pop() if late else False:
            world.queue.release(hold)
        park(hold, *args, **kwargs)

    world.queue.park = parked_late  # type: ignore[method-assign]  # the claim ends first, once
    watcher = Parked()
    given: dict[str, Any] = dict(loop.for_worker())
    watcher.worker = Worker(world, [program], observer=watcher, **given)
    loop.call_later(60, watcher.worker.stop)
    loop.run(watcher.worker.serve())

    assert world.runs.get(run_id).status == "running"


def test_a_burial_within_a_burial_comes_to_an_end() -> None:
    """What is buried may own a loop, whose coroutines are buried with it."""
    with quietly(), quietly():
        pass


def test_a_worker_whose_first_look_fails_starts_nothing_beyond_a_limit(loop: VirtualLoop) -> None:
    """It had not heard of the limits yet, and looked for work before it asked for them again."""
    running: list[int] = []

    @step(name="found:draw", queue="gpu")
    async def draw() -> int:
        running.append(1)
        await asyncio.sleep(5)
        running.pop()
        return len(running)

    @workflow(name="found:art")
    async def art() -> int:
        return max(await aio.gather(*[draw() for _ in range(3)]))

    world = MemoryWorld(loop.clock)
    world.queue.set_limits("gpu", QueueLimits(concurrency=1))
    program = PlainProgram(art, draw)
    run_id = start_run(world, program, "found:art", [])
    watcher = Watcher()
    given: dict[str, Any] = dict(loop.for_worker())
    watcher.worker = worker = Worker(world, [program], observer=watcher, **given)
    limits, left = world.queue.limits, [1]

    def unreliable() -> Any:
        if left[0]:
            left[0] -= 1
            loop.call_soon(worker._news)  # something happened meanwhile
            raise WorldUnavailable(url="x", reason="y", remedy="z", transient=True)
        return limits()

    world.queue.limits = unreliable  # type: ignore[method-assign]  # fails once
    loop.run(worker.serve())

    assert world.runs.get(run_id).output == 0
