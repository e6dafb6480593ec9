"""A process that does ready work, in virtual time; threads only where they are the subject."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from wfx import aio, create_hook, step, step_context, workflow
from wfx.activation import Execution
from wfx.clock import to_us
from wfx.context import current
from wfx.entities import RunStatus, StepStatus
from wfx.errors import FatalError, RetryableError, RunHeld, WorldUnavailable
from wfx.events import HookReceived, NewEvent, RunCancelled, StepStarted
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.projection import fold
from wfx.replay import VerdictKind, replay
from wfx.testing.faults import Crash, CrashAfter, Fault, FaultyWorld, LoseAnswer, NoFault
from wfx.testing.plain import PlainProgram
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.presence import Presence, check_free
from wfx.workers.worker import Worker
from wfx.world import ParkReason, TaskKind

SECOND = timedelta(seconds=1)


class Shop(Observer):
    """A world, a program and workers in virtual time."""

    def __init__(self, loop: VirtualLoop, *members: Any) -> None:
        self.loop = loop
        self.world = MemoryWorld(loop.clock)
        self.program = PlainProgram(*members)
        self.worker: Worker | None = None
        self.reports: list[str] = []
        self.stop_at: set[str] = {"ended", "parked"}
        self.types: list[str] = []
        self.commits = 0
        self.appends = 0
        """Of the last process, groups counted once."""

    def start(self, *args: Any) -> str:
        name = next(iter(self.program.workflows))
        return start_run(self.world, self.program, name, args)

    def work(self, *, fault: Fault | None = None, seconds: float = 3600, **options: Any) -> None:
        """One process, until the run ends or parks, or this much time went by."""
        given: dict[str, Any] = {**self.loop.for_worker(), **options}
        programs = given.pop("programs", [self.program])
        line = FaultyWorld(self.world, fault or NoFault())
        self.worker = Worker(line, programs, observer=self, **given)
        stopper = self.loop.call_later(seconds, self.worker.stop)
        try:
            self.loop.run(self.worker.serve())
        except Crash:
            self.loop.dead.add(given["presence"].owner)
        finally:
            stopper.cancel()
            self.appends = line.appends

    def appended(self, events: Any) -> None:
        self.commits += 1
        self.types += [event.type for event in events]

    def ended(self, run_id: str) -> None:
        self._report("ended")

    def parked(self, run_id: str, error: BaseException) -> None:
        self._report("parked")

    def suspended(self, run_id: str, runner: Any) -> None:
        self._report("suspended")

    def _report(self, what: str) -> None:
        self.reports.append(what)
        if what in self.stop_at and self.worker is not None:
            self.worker.stop()

    def end(self, run_id: str) -> Any:
        """What the run came to; its log is legal and replays."""
        run = self.world.runs.get(run_id)
        log = self.world.events.list(run_id)
        assert fold(log).run == run
        assert replay(self.program, log).kind is VerdictKind.MATCH
        return run.output if run.status is RunStatus.COMPLETED else run.error

    def moments(self, run_id: str, kind: str) -> list[float]:
        """When events of this type happened, in seconds since the run was created."""
        log = self.world.events.list(run_id)
        at = log[0].created_at
        return [(e.created_at - at) / SECOND for e in log if e.type == kind]


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Virtual time."""
    with VirtualLoop() as loop:
        yield loop


def test_a_step_that_blocks_the_loop_is_told_once() -> None:
    """By another thread, while it blocks; what merely takes long is not meant."""
    blocked: list[str] = []
    told = threading.Event()

    class Ear(Observer):
        def blocked(self, step_name: str) -> None:
            blocked.append(step_name)
            told.set()

        def ended(self, run_id: str) -> None:
            worker.stop()

    @step(name="t:block")
    async def block() -> int:
        await asyncio.sleep(0.01)
        assert told.wait(20)
        return 7

    @workflow(name="t:flow")
    async def flow() -> int:
        return await block()

    world = MemoryWorld()
    program = PlainProgram(flow, block)
    run_id = start_run(world, program, "t:flow", [])
    worker = Worker(world, [program], observer=Ear(), lease=timedelta(seconds=0.09))
    asyncio.run(worker.serve())

    assert world.runs.get(run_id).output == 7
    assert blocked == ["t:block"]


# -- the ordinary way ---------------------------------------------------------------------


def test_sequential_steps_take_one_commit_each(loop: VirtualLoop) -> None:
    """The outcome of a step travels with the creation and start of the next."""

    @step(name="t:add")
    async def add(a: int, b: int) -> int:
        return a + b

    @workflow(name="t:flow")
    async def flow(count: int) -> int:
        total = 0
        for number in range(count):
            total = await add(total, number)
        return total

    shop = Shop(loop, flow, add)
    run_id = shop.start(200)
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 19900
    assert shop.commits == 201


def test_a_step_that_begins_with_its_commit_is_not_looked_for(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claiming steps from the queue is for those that nobody has begun."""

    @step(name="t:add")
    async def add(a: int, b: int) -> int:
        return a + b

    @workflow(name="t:flow")
    async def flow(count: int) -> int:
        total = 0
        for number in range(count):
            total = await add(total, number)
        return total

    shop = Shop(loop, flow, add)
    looked: list[Any] = []
    claim = shop.world.queue.claim

    def counting(*args: Any, **options: Any) -> Any:
        looked.append(options["kinds"])
        return claim(*args, **options)

    monkeypatch.setattr(shop.world.queue, "claim", counting)
    shop.work(run_id=shop.start(200))
    assert looked.count([TaskKind.STEP]) <= 2  # when it begins


def test_parallel_steps_run_at_the_same_time(loop: VirtualLoop) -> None:
    """Fifty steps of one second are over after one second."""

    @step(name="t:slow")
    async def slow(number: int) -> int:
        await asyncio.sleep(1)
        return number

    @workflow(name="t:flow")
    async def flow() -> int:
        return sum(await aio.gather(*[slow(number) for number in range(50)]))

    shop = Shop(loop, flow, slow)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 1225
    assert shop.moments(run_id, "run_completed") == [pytest.approx(1, abs=0.01)]


def test_a_day_of_sleep_is_a_day_on_the_clock_of_the_world(loop: VirtualLoop) -> None:
    """And the run is not given back while it sleeps, if the worker is for it alone."""

    @workflow(name="t:flow")
    async def flow() -> str:
        await aio.sleep(24 * 3600)
        return "morning"

    shop = Shop(loop, flow)
    run_id = shop.start()
    shop.work(run_id=run_id, seconds=25 * 3600)
    assert shop.end(run_id) == "morning"
    assert shop.moments(run_id, "wait_completed") == [pytest.approx(24 * 3600, abs=0.1)]


def test_moments_are_those_of_the_world_whatever_the_hosts_clock_says(loop: VirtualLoop) -> None:
    """PROTOCOL 19: of waits, of retries, and what the workflow reads."""

    class Ahead:
        """A host that is an hour ahead."""

        def now_us(self) -> int:
            return loop.clock.now_us() + 3_600_000_000

    @step(name="t:flaky", backoff=2)
    async def flaky() -> int:
        if step_context().attempt == 1:
            raise ValueError("once")
        return 1

    @workflow(name="t:flow")
    async def flow() -> int:
        await aio.sleep(3)
        await flaky()
        run = current()
        assert run is not None
        return run.now_us()

    shop = Shop(loop, flow, flaky)
    run_id = shop.start()
    created = shop.world.runs.get(run_id).created_at
    shop.work(clock=Ahead())
    assert (shop.end(run_id) - to_us(created)) / 1e6 == pytest.approx(5, abs=0.1)
    assert shop.moments(run_id, "wait_completed") == [pytest.approx(3, abs=0.1)]
    assert shop.moments(run_id, "step_started") == [pytest.approx(at, abs=0.1) for at in (3, 5)]


def test_a_worker_for_all_gives_a_waiting_run_back_and_goes_on_with_it(loop: VirtualLoop) -> None:
    """The coroutine is kept: the workflow's function is entered once."""
    entered: list[int] = []

    @workflow(name="t:flow")
    async def flow() -> str:
        entered.append(1)
        await aio.sleep(5)
        await aio.sleep(5)
        return "there"

    shop = Shop(loop, flow)
    run_id = shop.start()
    shop.work(seconds=3)
    task = shop.world.queue.get(run_id)
    assert task is not None
    assert task.owner is None
    shop.work()
    # Two processes; within each, the coroutine that slept is the one that went on.
    assert len(entered) == 2
    assert shop.end(run_id) == "there"


# -- steps --------------------------------------------------------------------------------


def test_retries_wait_for_their_moment(loop: VirtualLoop) -> None:
    """The step's backoff doubles; `retry_after` replaces it, seconds or a timedelta."""
    waits: list[Any] = [None, None, 30, timedelta(minutes=2)]

    @step(name="t:flaky", max_retries=4, backoff=1)
    async def flaky() -> int:
        attempt = step_context().attempt
        if attempt <= len(waits):
            raise RetryableError("later", retry_after=waits[attempt - 1])
        return attempt

    @workflow(name="t:flow")
    async def flow() -> int:
        return await flaky()

    shop = Shop(loop, flow, flaky)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 5
    moments = shop.moments(run_id, "step_started")
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps == [pytest.approx(gap, abs=0.01) for gap in (1, 2, 30, 120)]


def test_a_run_that_waits_for_a_retry_is_suspended_and_given_back(loop: VirtualLoop) -> None:
    """A claim is for work: nothing executes here for the next minutes."""

    @step(name="t:flaky", backoff=300)
    async def flaky() -> None:
        raise ValueError("no")

    @workflow(name="t:flow")
    async def flow() -> None:
        await flaky()

    shop = Shop(loop, flow, flaky)
    shop.start()
    shop.stop_at = set()
    shop.work(seconds=60)
    assert "suspended" in shop.reports
    assert shop.world.queue.holders() == {}


@pytest.mark.parametrize(
    "error", [ValueError, FatalError, SystemExit, StopIteration, GeneratorExit]
)
@pytest.mark.parametrize("threaded", [True, False], ids=["sync", "async"])
def test_whatever_a_body_raises_is_the_steps_failure(
    loop: VirtualLoop, error: type[BaseException], threaded: bool
) -> None:
    """No exception of a body ends the worker, or is never heard of."""

    def sync() -> None:
        raise error("no")

    async def asynchronous() -> None:
        raise error("no")

    body = step(sync if threaded else asynchronous, name="t:body", max_retries=1)

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            await body()
        except Exception as failure:
            return str(failure)
        raise AssertionError

    shop = Shop(loop, flow, body)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id) in ("no", "coroutine raised StopIteration")
    tries = 1 if error is FatalError else 2
    assert shop.types.count("step_started") == tries


def test_a_keyboard_interrupt_of_a_sync_body_is_the_bodys(loop: VirtualLoop) -> None:
    """No person's Ctrl-C arrives in a thread."""

    @step(name="t:body", max_retries=0)
    def body() -> None:
        raise KeyboardInterrupt

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            await body()
        except Exception as failure:
            return type(failure).__name__
        raise AssertionError

    shop = Shop(loop, flow, body)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id) == "StepError"


@pytest.mark.parametrize("result", [lambda: None, "a string", [object()]])
def test_a_result_that_does_not_fit_fails_the_step_at_once(loop: VirtualLoop, result: Any) -> None:
    """Trying again would give the same: of the wrong type, or not to be encoded."""

    @step(name="t:body", max_retries=5)
    async def body() -> int:
        return result  # type: ignore[no-any-return]  # that is the point

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            await body()
        except Exception as failure:
            return type(failure).__name__
        raise AssertionError

    shop = Shop(loop, flow, body)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id)
    assert shop.types.count("step_started") == 1
    assert shop.types.count("step_failed") == 1


def test_an_async_body_that_outlives_its_timeout_fails(loop: VirtualLoop) -> None:
    """And is tried again, as often as it may."""

    @step(name="t:slow", timeout=2, max_retries=1, backoff=1)
    async def slow() -> None:
        await asyncio.sleep(100)

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            await slow()
        except TimeoutError as late:
            return str(late)
        raise AssertionError

    shop = Shop(loop, flow, slow)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id) == "step t:slow took longer than 2 s"
    assert shop.moments(run_id, "step_failed") == [pytest.approx(5, abs=0.01)]


def test_a_body_that_ignores_its_cancellation_does_no_harm(loop: VirtualLoop) -> None:
    """Its late outcome is kept as a fact, and nobody is told (PROTOCOL 16)."""

    @step(name="t:stubborn")
    async def stubborn() -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            await asyncio.sleep(3)
        return "late"

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            async with aio.timeout(1):
                await stubborn()
        except TimeoutError:
            await aio.sleep(10)
        return "went on"

    shop = Shop(loop, flow, stubborn)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id) == "went on"
    log = shop.world.events.list(run_id)
    types = [event.type for event in log]
    assert types.index("step_cancelled") < types.index("step_completed")
    steps = shop.world.steps.list(run_id).items
    assert [one.status for one in steps] == [StepStatus.CANCELLED]


def test_a_step_that_is_cancelled_in_the_batch_that_makes_it_never_starts(
    loop: VirtualLoop,
) -> None:
    """PROTOCOL 6: no step_started, no claim, no body, and no slot lost."""
    bodies: list[int] = []

    @step(name="t:body")
    async def body() -> None:
        bodies.append(1)

    @workflow(name="t:flow")
    async def flow() -> None:
        for _ in range(3):
            task = aio.create_task(_one())
            await aio.sleep(0)
            task.cancel()
            await aio.gather(task, return_exceptions=True)
        await body()

    async def _one() -> None:
        await body()

    shop = Shop(loop, flow, body)
    run_id = shop.start()
    shop.work(run_id=run_id, slots=1)
    shop.end(run_id)
    assert bodies == [1]
    assert shop.types.count("step_started") == 1


def test_ten_thousand_parallel_steps_are_linear() -> None:
    """Through a hundred slots; four times as many take about four times as long."""

    @step(name="t:body")
    async def body(number: int) -> int:
        return number

    @workflow(name="t:flow")
    async def flow(count: int) -> int:
        return sum(await aio.gather(*[body(number) for number in range(count)]))

    def seconds(count: int) -> float:
        with VirtualLoop() as loop:
            shop = Shop(loop, flow, body)
            run_id = shop.start(count)
            gc.collect()
            gc.disable()  # a whole collection takes as long as the heap of all tests is large
            try:
                before = time.process_time()
                shop.work(run_id=run_id)
                spent = time.process_time() - before
            finally:
                gc.enable()
            assert shop.world.runs.get(run_id).output == count * (count - 1) // 2
        return spent

    assert seconds(10_000) < 10 * max(seconds(2_500), 0.05)


def test_ten_thousand_due_waits_complete_in_one_batch(loop: VirtualLoop) -> None:
    """In one transaction and in the order of their moments."""

    @workflow(name="t:flow")
    async def flow() -> int:
        await aio.gather(*[aio.sleep(60 - number / 1000) for number in range(10_000)])
        return 10_000

    shop = Shop(loop, flow)
    run_id = shop.start()
    shop.work(seconds=1)
    loop.pause(120)
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 10_000
    log = shop.world.events.list(run_id)
    assert len({e.created_at for e in log if e.type == "wait_completed"}) == 1


def _counted(world: Any, *names: str) -> dict[str, int]:
    """How often these calls are made."""
    made = dict.fromkeys(names, 0)

    def wrap(part: Any, name: str, full: str) -> None:
        inner = getattr(part, name)

        def counting(*args: Any, **options: Any) -> Any:
            made[full] += 1
            return inner(*args, **options)

        setattr(part, name, counting)

    for full in names:
        part, name = full.split(".")
        wrap(getattr(world, part), name, full)
    return made


def test_short_runs_share_commits_and_claims(loop: VirtualLoop) -> None:
    """Five hundred runs of three steps: a few commits for each hundred slots, not for each run."""

    @step(name="t:add")
    async def add(a: int, b: int) -> int:
        return a + b

    @workflow(name="t:flow")
    async def flow() -> int:
        total = 0
        for number in range(3):
            total = await add(total, number)
        return total

    shop = Shop(loop, flow, add)
    run_ids = [shop.start() for _ in range(500)]
    shop.stop_at = set()
    made = _counted(shop.world, "queue.claim", "queue.release_many")
    shop.work(seconds=1)
    assert [shop.end(run_id) for run_id in run_ids] == [3] * 500
    # The ends of a hundred runs share theirs with the beginnings of the next hundred.
    assert shop.appends == 1 + 5 * 3
    assert made["queue.claim"] < 30
    assert made["queue.release_many"] == 0


def test_a_worker_claims_no_more_new_runs_than_it_has_slots(loop: VirtualLoop) -> None:
    """The rest is for others; once a second it looks for runs that need no slot."""

    @step(name="t:long")
    async def long() -> None:
        await asyncio.sleep(100)

    @workflow(name="t:flow")
    async def flow(sleeps: bool) -> str:
        if sleeps:
            await aio.sleep(0.1)
        else:
            await long()
        return "done"

    shop = Shop(loop, flow, long)
    first = [shop.start(False) for _ in range(20)]
    shop.stop_at = set()
    given = loop.for_worker()
    worker = Worker(shop.world, [shop.program], slots=5, **given)

    async def main() -> tuple[int, str]:
        serving = asyncio.ensure_future(worker.serve())
        await asyncio.sleep(0.5)
        held = shop.world.queue.holders()[given["presence"].owner]
        sleeper = shop.start(True)
        await asyncio.sleep(5)
        status = shop.world.runs.get(sleeper).status
        worker.stop()
        await serving
        return held, str(status)

    assert loop.run(main()) == (10, "completed")
    assert {shop.world.runs.get(run_id).status for run_id in first[:5]} == {RunStatus.RUNNING}


def test_a_worker_knows_what_it_asked_for_when_a_slot_is_free(loop: VirtualLoop) -> None:
    """The arguments of its own steps are not read again; those of others are."""

    @step(name="t:body")
    async def body(number: int) -> int:
        await asyncio.sleep(1)
        return number

    @workflow(name="t:flow")
    async def flow(count: int) -> int:
        return sum(await aio.gather(*[body(number) for number in range(count)]))

    shop = Shop(loop, flow, body)
    run_id = shop.start(20)
    made = _counted(shop.world, "steps.get_many")
    shop.work(slots=5, seconds=2.5)
    assert made == {"steps.get_many": 0}
    shop.work(slots=5)
    assert made["steps.get_many"] > 0
    assert shop.end(run_id) == 190


def test_runs_that_fall_asleep_together_are_given_back_together(loop: VirtualLoop) -> None:
    """One transaction for their claims, as one for their waits."""

    @workflow(name="t:flow")
    async def flow() -> str:
        await aio.sleep(5)
        return "awake"

    shop = Shop(loop, flow)
    run_ids = [shop.start() for _ in range(50)]
    shop.stop_at = set()
    made = _counted(shop.world, "queue.release_many", "events.create_group")
    shop.work(seconds=10)
    assert {shop.end(run_id) for run_id in run_ids} == {"awake"}
    assert made == {"queue.release_many": 1, "events.create_group": 2}


# -- ends and stops -----------------------------------------------------------------------


def test_a_run_that_is_cancelled_cancels_the_bodies_that_run_here(loop: VirtualLoop) -> None:
    """They get CancelledError, and leave nothing behind."""
    seen: list[str] = []

    @step(name="t:slow")
    async def slow() -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    @workflow(name="t:flow")
    async def flow() -> None:
        await aio.gather(slow(), slow())

    shop = Shop(loop, flow, slow)
    run_id = shop.start()
    loop.call_later(
        5, lambda: shop.world.events.create(run_id, NewEvent(RunCancelled(reason="enough")))
    )
    shop.work(run_id=run_id)
    assert seen == ["cancelled", "cancelled"]
    assert shop.reports[-1] == "ended"
    assert shop.world.queue.list(run_id=run_id) == []


def test_the_body_of_a_step_that_is_given_up_is_cancelled_at_once(loop: VirtualLoop) -> None:
    """Nobody wants its outcome any more, and its slot is free for others."""
    ends: list[float] = []

    @step(name="t:long")
    async def long() -> None:
        try:
            await asyncio.sleep(1_000_000)
        finally:
            ends.append(loop.time() - begun)

    @workflow(name="t:flow")
    async def flow() -> None:
        with suppress(TimeoutError):
            await aio.wait_for(long(), 3)
        await aio.sleep(30)

    shop = Shop(loop, flow, long)
    run_id = shop.start()
    begun = loop.time()
    shop.work(run_id=run_id)
    assert shop.end(run_id) is None
    assert ends == [pytest.approx(3, abs=0.1)]


def test_bodies_of_an_ended_run_are_cancelled_at_once(loop: VirtualLoop) -> None:
    """Not when the worker stops: it goes on with other runs."""
    seen: list[float] = []

    @step(name="t:slow")
    async def slow() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            seen.append(loop.time())

    @workflow(name="t:flow")
    async def flow() -> None:
        await slow()

    shop = Shop(loop, flow, slow)
    run_id = shop.start()
    loop.call_later(5, lambda: shop.world.events.create(run_id, NewEvent(RunCancelled())))
    shop.stop_at = set()
    shop.work(seconds=60)
    assert seen == [pytest.approx(5, abs=0.1)]
    assert shop.world.queue.list(run_id=run_id) == []


def test_a_worker_for_a_run_that_ended_meanwhile_hears_of_it(loop: VirtualLoop) -> None:
    """Also if it never got the claim."""

    @workflow(name="t:flow")
    async def flow() -> None:
        return

    shop = Shop(loop, flow)
    run_id = shop.start()
    shop.world.events.create(run_id, NewEvent(RunCancelled()))
    shop.work(run_id=run_id)
    assert shop.reports == ["ended"]


def test_a_worker_that_stops_gives_its_claims_back(loop: VirtualLoop) -> None:
    """Another one goes on at once, without waiting for a lease."""

    @step(name="t:slow")
    async def slow() -> int:
        await asyncio.sleep(10)
        return step_context().attempt

    @workflow(name="t:flow")
    async def flow() -> int:
        return await slow()

    shop = Shop(loop, flow, slow)
    run_id = shop.start()
    shop.work(run_id=run_id, seconds=4)
    assert shop.world.queue.holders() == {}
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 2
    assert shop.moments(run_id, "run_completed") == [pytest.approx(14, abs=0.1)]


def test_a_body_that_does_not_end_keeps_its_claim_when_the_worker_stops(
    loop: VirtualLoop,
) -> None:
    """Nobody may start that step while it runs here; its lease ends in its own time."""

    @step(name="t:deaf")
    async def deaf() -> None:
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                if asyncio.get_running_loop().time() > 100:
                    raise

    @workflow(name="t:flow")
    async def flow() -> None:
        await deaf()

    shop = Shop(loop, flow, deaf)
    run_id = shop.start()
    given = loop.for_worker()
    worker = Worker(shop.world, [shop.program], run_id=run_id, observer=shop, **given)

    async def main() -> list[TaskKind]:
        loop.call_later(1, worker.stop)
        await worker.serve()
        held = shop.world.queue.list(run_id=run_id)
        await asyncio.sleep(200)
        return [task.kind for task in held if task.owner is not None]

    assert loop.run(main()) == [TaskKind.STEP]
    assert given["presence"].owner not in loop.dead


def test_stop_before_serve_is_heard(loop: VirtualLoop) -> None:
    """A signal may arrive early."""
    shop = Shop(loop)
    worker = Worker(shop.world, [], **loop.for_worker())
    worker.stop()
    loop.run(worker.serve())


class _Buggy(Observer):
    def appended(self, events: Any) -> None:
        raise RuntimeError("a bug of ours")


def test_an_error_of_our_own_comes_out_of_serve(loop: VirtualLoop) -> None:
    """It must not hang, and must not be a line in some log."""

    @workflow(name="t:flow")
    async def flow() -> None:
        return

    shop = Shop(loop, flow)
    shop.start()
    worker = Worker(shop.world, [shop.program], observer=_Buggy(), **loop.for_worker())
    with pytest.raises(RuntimeError, match="a bug of ours"):
        loop.run(worker.serve())


# -- deaths, leases, takeovers ------------------------------------------------------------


def _long_step() -> tuple[Any, Any]:
    @step(name="t:long", max_retries=0)
    async def long() -> int:
        await asyncio.sleep(60)
        return step_context().attempt

    @workflow(name="t:flow")
    async def flow() -> int:
        return await long()

    return flow, long


@pytest.mark.parametrize("one_run", [True, False], ids=["one run", "fleet"])
def test_deploys_during_a_long_step_neither_fail_it_nor_park_its_run(
    loop: VirtualLoop, one_run: bool
) -> None:
    """PROTOCOL 17 and 18: lost attempts are no retries, and nothing was being activated."""
    shop = Shop(loop, *_long_step())
    run_id = shop.start()
    for _ in range(6):
        _killed_after(shop, 10, run_id=run_id if one_run else None)
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 7


def _killed_after(shop: Shop, seconds: float, **options: Any) -> None:
    """A process that is killed: it gives nothing back."""
    given = shop.loop.for_worker()
    line = FaultyWorld(shop.world)
    worker = Worker(line, [shop.program], **given, **options)

    async def main() -> None:
        serving = asyncio.ensure_future(worker.serve())
        await asyncio.sleep(seconds)
        line.crashed = True
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    shop.loop.run(main())
    shop.loop.dead.add(given["presence"].owner)


@pytest.mark.parametrize("kept", [True, False], ids=["they sleep", "they are new"])
@pytest.mark.parametrize("apart", [True, False], ids=["of two programs", "of one program"])
def test_a_run_that_ends_its_process_is_parked_without_those_beside_it(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch, kept: bool, apart: bool
) -> None:
    """PROTOCOL 18: who is claimed together, or held by the same process, did nothing."""

    @workflow(name="t:flow")
    async def flow(naps: int) -> int:
        for _ in range(naps):
            await aio.sleep(0.2)
        return naps

    @workflow(name="t:killer")
    async def killer() -> None:
        """Never comes so far."""

    lines: list[FaultyWorld] = []
    begin = Execution.begin

    def deadly(self: Execution) -> None:
        if self.run_id == bad:
            lines[-1].crashed = True
            raise Crash("as a crash of the interpreter would")
        begin(self)

    monkeypatch.setattr(Execution, "begin", deadly)
    world = MemoryWorld(loop.clock)
    parts = [(flow,), (killer,)] if apart else [(flow, killer)]
    programs = [PlainProgram(*members) for members in parts]
    good = programs[0]
    naps = 20 if kept else 0
    before = [start_run(world, good, "t:flow", [naps]) for _ in range(4)]
    bad = start_run(world, programs[-1], "t:killer", [])
    after = [start_run(world, good, "t:flow", [naps]) for _ in range(4)]
    lives = 0
    while any(not world.runs.get(run_id).ended for run_id in before + after):
        lives += 1
        assert lives < 30
        lines.append(FaultyWorld(world))
        given: Any = loop.for_worker()
        worker = Worker(lines[-1], programs, entropy=Random(lives).randbytes, **given)
        loop.call_later(60, worker.stop)
        try:
            loop.run(worker.serve())
        except Crash:
            loop.dead.add(given["presence"].owner)

    parked = [task.run_id for task in world.queue.list(parked=True)]
    assert parked == [bad]


def test_what_is_to_be_parked_is_parked_beside_a_suspect(loop: VirtualLoop) -> None:
    """PROTOCOL 18: the suspect is activated by itself, which is no reason to wait."""

    @workflow(name="t:flow")
    async def flow() -> None:
        await create_hook(None)

    shop = Shop(loop, flow)
    shop.stop_at = set()
    runaway, suspect = shop.start(), shop.start()
    for run_id, deaths in ((runaway, 3), (suspect, 1)):
        for _ in range(deaths):
            assert shop.world.queue.claim("dead", run_id=run_id)
            shop.world.queue.revoke("dead")

    shop.work(seconds=1)

    assert [task.run_id for task in shop.world.queue.list(parked=True)] == [runaway]
    assert shop.types == ["run_started", "hook_created"]


def test_ten_attempts_may_be_lost_unless_the_step_says_otherwise() -> None:
    """PROTOCOL 17."""
    assert step(_never, name="t:step").spec.options.max_lost == 10


def test_a_step_that_loses_too_many_attempts_fails_as_lost(loop: VirtualLoop) -> None:
    """It has a budget of its own, and the failure reaches a coroutine that is kept."""

    @step(name="t:killer", max_lost=3)
    async def killer() -> None:
        await asyncio.sleep(60)

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            await killer()
        except Exception as failure:
            return f"{type(failure).__name__}: {failure}"
        raise AssertionError

    shop = Shop(loop, flow, killer)
    run_id = shop.start()
    for _ in range(3):
        _killed_after(shop, 10, run_id=run_id)
    shop.work(run_id=run_id)
    assert shop.end(run_id).startswith("StepLost: 3 attempts of step t:killer were lost")


def test_failed_attempts_are_no_lost_ones(loop: VirtualLoop) -> None:
    """PROTOCOL 17: four may fail, and not one may be lost."""

    @step(name="t:flaky", max_retries=4, max_lost=1, backoff=1)
    async def flaky() -> int:
        if step_context().attempt < 5:
            raise ValueError("not yet")
        return step_context().attempt

    @workflow(name="t:flow")
    async def flow() -> int:
        return await flaky()

    shop = Shop(loop, flow, flaky)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 5


def test_a_step_that_the_code_does_not_have_fails_and_the_run_hears_it(loop: VirtualLoop) -> None:
    """The run is owned here while its step fails beside it: the failure is delivered."""
    known = step(_never, name="t:known")
    gone = step(_never, name="t:gone")

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            await gone()
        except Exception as failure:
            return str(failure)
        raise AssertionError

    shop = Shop(loop, flow, known)
    run_id = shop.start()
    shop.work(run_id=run_id)
    assert "there is no step 't:gone' in the code; it has: t:known" in shop.end(run_id)


async def _never() -> None:
    raise AssertionError


async def _for_ever() -> None:
    await asyncio.Event().wait()


def test_an_activation_that_kills_its_worker_three_times_is_parked(loop: VirtualLoop) -> None:
    """Runs beside it go on; this one waits for a person."""

    @workflow(name="t:flow")
    async def flow() -> None:
        await aio.sleep(1)

    shop = Shop(loop, flow)
    run_id = shop.start()
    for _ in range(3):
        claimed = shop.world.queue.claim("killed", kinds=[TaskKind.RUN])
        assert [task.task_id for task in claimed] == [run_id]
        shop.world.queue.revoke("killed")
    shop.work()
    assert shop.reports == ["parked"]
    task = shop.world.queue.get(run_id)
    assert task is not None
    assert task.parked is ParkReason.RUNAWAY
    assert "ended 3 times in a row" in str(task.parked_detail)


def test_a_diverged_run_is_parked_once_and_others_go_on(loop: VirtualLoop) -> None:
    """Also by a worker with several programs: each may try once, and then none does."""
    names = ["t:one"]
    one, two = step(_for_ever, name="t:one"), step(_for_ever, name="t:two")

    @workflow(name="t:flow")
    async def flow() -> None:
        await (one if names[0] == "t:one" else two)()

    @workflow(name="t:other")
    async def other() -> None:
        return

    shop = Shop(loop, flow, one)
    run_id = shop.start()
    _killed_after(shop, 1)
    names[0] = "t:two"
    shop.stop_at = set()
    shop.work(programs=[shop.program, PlainProgram(other, two)], seconds=60)
    assert shop.reports == ["parked"]
    task = shop.world.queue.get(run_id)
    assert task is not None
    assert task.parked is ParkReason.DIVERGENCE


def test_a_worker_that_lost_its_claim_stops_and_writes_nothing(loop: VirtualLoop) -> None:
    """Its lease ended while it was frozen; what it does afterwards is refused."""
    shop = Shop(loop, *_long_step())
    run_id = shop.start()
    given = loop.for_worker()
    frozen = Worker(shop.world, [shop.program], run_id=run_id, **given)

    async def main() -> None:
        serving = asyncio.ensure_future(frozen.serve())
        await asyncio.sleep(5)
        # Frozen: no beat, and others take everything over.
        shop.world.queue.revoke(given["presence"].owner)
        other = Worker(
            shop.world, [shop.program], run_id=run_id, observer=shop, **loop.for_worker()
        )
        shop.worker = other
        await other.serve()
        frozen.stop()
        await serving

    loop.run(main())
    assert shop.end(run_id) == 2
    assert shop.moments(run_id, "step_started") == [0, pytest.approx(5, abs=0.1)]


def test_only_what_runs_here_is_extended(loop: VirtualLoop) -> None:
    """PROTOCOL 15: a claim that nobody works under runs out, though its owner lives."""
    shop = Shop(loop, *_long_step())
    run_id = shop.start()
    given = loop.for_worker("me")
    # A claim whose answer was lost: the world gave it to this owner, who does not know.
    orphan = shop.world.queue.claim("me", kinds=[TaskKind.RUN], lease=15 * SECOND)
    assert [task.task_id for task in orphan] == [run_id]
    shop.work(**given, run_id=run_id)
    assert shop.end(run_id) == 1
    assert shop.moments(run_id, "run_started") == [pytest.approx(15, abs=2)]


def test_a_body_whose_claim_is_lost_is_cancelled(loop: VirtualLoop) -> None:
    """The next beat tells: somebody else may begin the next attempt, and nobody wants this one."""
    ends: list[float] = []

    @step(name="t:long")
    async def long() -> None:
        try:
            await asyncio.sleep(1_000_000)
        finally:
            ends.append(loop.time() - begun)

    @workflow(name="t:flow")
    async def flow() -> None:
        await long()

    shop = Shop(loop, flow, long)
    run_id = shop.start()
    given = loop.for_worker("me")
    begun = loop.time()
    loop.call_later(10, _take, shop, "another", TaskKind.STEP)
    shop.work(seconds=24, **given, run_id=run_id)
    assert ends == [pytest.approx(12.5, abs=2.5)]


def test_a_worker_alone_takes_its_run_again_when_it_was_lost(loop: VirtualLoop) -> None:
    """Also while it sleeps, and though who took it does nothing."""

    @workflow(name="t:flow")
    async def flow() -> None:
        await create_hook("token")

    shop = Shop(loop, flow)
    run_id = shop.start()
    given = loop.for_worker("me")
    owners: list[str | None] = []
    loop.call_later(10, _take, shop, "another", TaskKind.RUN)
    loop.call_later(20, lambda: owners.append(_owner(shop, run_id)))
    loop.call_later(40, lambda: owners.append(_owner(shop, run_id)))
    shop.work(seconds=50, **given, run_id=run_id)
    assert owners == ["another", "me"]


def _take(shop: Shop, owner: str, kind: TaskKind) -> None:
    """Whoever has it is believed dead."""
    shop.world.queue.revoke("me")
    assert shop.world.queue.claim(owner, kinds=[kind], lease=15 * SECOND)


def _owner(shop: Shop, run_id: str) -> str | None:
    task = shop.world.queue.get(run_id)
    return None if task is None else task.owner


class _LostAndTakenOver(LoseAnswer):
    """The answer is lost, and before the repeat nobody has the claims, or somebody else."""

    def __init__(self, number: int, shop: Shop, owner: str, taker: str | None) -> None:
        super().__init__(number)
        self._shop, self._owner, self._taker = shop, owner, taker

    def after(self, number: int, run_id: str | None, results: Any) -> None:
        try:
            super().after(number, run_id, results)
        except WorldUnavailable:
            self._shop.world.queue.revoke(self._owner)
            if self._taker is not None:
                taker = self._owner if self._taker == "itself" else self._taker
                assert len(self._shop.world.queue.claim(taker, limit=2)) == 2
            raise


@pytest.mark.parametrize("claimed", [False, True], ids=["created here", "claimed"])
@pytest.mark.parametrize("taker", [None, "another", "itself"])
def test_no_body_starts_after_a_lost_answer_if_the_claim_is_gone(
    loop: VirtualLoop, claimed: bool, taker: str | None
) -> None:
    """PROTOCOL 4: attempt 1 would run beside attempt 2, of another worker or of this one."""
    bodies: list[int] = []

    @step(name="t:body")
    async def body() -> int:
        bodies.append(step_context().attempt)
        return 1

    @workflow(name="t:flow")
    async def flow() -> int:
        return await body()

    shop = Shop(loop, flow, body)
    run_id = shop.start()
    given = loop.for_worker()
    if claimed:
        shop.work(run_id=run_id, slots=0, seconds=1)
    fault = _LostAndTakenOver(1, shop, given["presence"].owner, taker)
    shop.work(fault=fault, run_id=run_id, **given)
    assert shop.end(run_id) == 1
    assert bodies == [2]


def test_slots_of_a_refused_batch_come_back(loop: VirtualLoop) -> None:
    """Else a worker with few slots stands still after a few lost bets."""

    @step(name="t:body")
    async def body(number: int) -> int:
        return number

    class Refused(NoFault):
        """A fact of somebody else's lies past every bet."""

        def before(self, number: int, run_id: str | None, events: Any) -> None:
            hooks = shop.world.hooks.list(run_id=run_id).items
            for hook in hooks:
                shop.world.events.create(run_id, NewEvent(HookReceived(payload=1), hook.hook_id))

    @workflow(name="t:flow")
    async def busy() -> int:
        create_hook("busy")
        return sum([await body(number) for number in range(10)])

    shop = Shop(loop, busy, body)
    run_id = shop.start()
    shop.work(fault=Refused(), run_id=run_id, slots=1)
    assert shop.end(run_id) == 45
    assert shop.worker is not None
    assert shop.worker._bodies.free == 1


# -- an unreliable world ------------------------------------------------------------------


@contextmanager
def _outage(world: Any, calls: int, *, transient: bool = True) -> Iterator[list[int]]:
    """`queue.due` does not answer for some calls."""
    left, due = [calls], world.queue.due

    def unreliable(*args: Any, **kwargs: Any) -> int:
        if left[0]:
            left[0] -= 1
            raise WorldUnavailable(url="x", reason="y", remedy="z", transient=transient)
        return int(due(*args, **kwargs))

    world.queue.due = unreliable
    yield left


def test_a_worker_outlives_a_restart_of_the_database(loop: VirtualLoop) -> None:
    """It looks again every second, for a minute."""

    @workflow(name="t:flow")
    async def flow() -> str:
        await aio.sleep(5)
        return "there"

    shop = Shop(loop, flow)
    run_id = shop.start()
    with _outage(shop.world, 20) as left:
        shop.work(run_id=run_id)
    assert left == [0]
    assert shop.end(run_id) == "there"


class Reach(Observer):
    """Notes what is said of the world's being there."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def out_of_reach(self, error: WorldUnavailable) -> None:
        """It is not."""
        self.said.append(error.reason)

    def in_reach(self) -> None:
        """It is again."""
        self.said.append("there")


@pytest.mark.parametrize("patience", [timedelta(minutes=1), None], ids=["a minute", "for ever"])
def test_a_worker_waits_for_its_world_as_long_as_it_is_told_to(
    loop: VirtualLoop, patience: timedelta | None
) -> None:
    """And says once that it does, and once that it is over."""
    world, reach = MemoryWorld(loop.clock), Reach()
    worker = Worker(world, [], observer=reach, patience=patience, **loop.for_worker())
    loop.call_later(10_000, worker.stop)
    with _outage(world, 3600) as left:
        if patience is None:
            loop.run(worker.serve())
            assert reach.said == ["y", "there"]
        else:
            with pytest.raises(WorldUnavailable):
                loop.run(worker.serve())
            assert reach.said == ["y"]
            assert 3600 - 150 < left[0] < 3600 - 50


def test_a_world_that_can_be_read_and_not_written_is_said_once(loop: VirtualLoop) -> None:
    """Each look around goes well, and what is to be appended waits."""

    @step(name="t:body")
    async def body() -> str:
        world.events.create_batch = refuse  # type: ignore[method-assign]  # for a while
        loop.call_later(300, lambda: setattr(world.events, "create_batch", real))
        return "done"

    @workflow(name="t:flow")
    async def flow() -> str:
        return str(await body())

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise WorldUnavailable(url="x", reason="read-only", remedy="z", transient=True)

    world = MemoryWorld(loop.clock)
    real = world.events.create_batch
    program = PlainProgram(flow, body)
    run_id = start_run(world, program, "t:flow", [])
    reach = Reach()
    worker = Worker(world, [program], observer=reach, patience=None, **loop.for_worker())
    loop.call_later(400, worker.stop)
    loop.run(worker.serve())
    assert reach.said == ["read-only", "there"]
    assert world.runs.get(run_id).output == "done"
    assert world.steps.list(run_id=run_id).items[0].attempt == 1


def test_a_world_that_is_gone_ends_the_worker(loop: VirtualLoop) -> None:
    """With the world's own words."""
    shop = Shop(loop)
    with _outage(shop.world, 1, transient=False), pytest.raises(WorldUnavailable):
        shop.work()


def test_a_crash_in_the_middle_leaves_what_a_restart_needs(loop: VirtualLoop) -> None:
    """The smallest story of all: die after the third append, start again, same result."""

    @step(name="t:add")
    async def add(a: int) -> int:
        return a + 1

    @workflow(name="t:flow")
    async def flow() -> int:
        value = 0
        for _ in range(5):
            value = await add(value)
        return value

    shop = Shop(loop, flow, add)
    run_id = shop.start()
    shop.work(fault=CrashAfter(3), run_id=run_id)
    assert shop.world.runs.get(run_id).status is RunStatus.RUNNING
    shop.work(run_id=run_id)
    assert shop.end(run_id) == 5
    started = [e for e in shop.world.events.list(run_id) if isinstance(e.data, StepStarted)]
    assert len(started) == 6  # one attempt was lost


# -- threads, for once --------------------------------------------------------------------


def test_sync_bodies_run_in_threads_at_the_same_time_and_serve_ends_promptly() -> None:
    """Two bodies meet at a barrier; no thread of ours is left, and none was waited for."""
    barrier = threading.Barrier(2, timeout=10)

    @step(name="t:meet")
    def meet() -> str:
        barrier.wait()
        return threading.current_thread().name[:8]

    @workflow(name="t:flow")
    async def flow() -> list[str]:
        return list(await aio.gather(meet(), meet()))

    world, program = MemoryWorld(), PlainProgram(flow, meet)
    run_id = start_run(world, program, "t:flow", [])

    class Stopping(Observer):
        def ended(self, run_id: str) -> None:
            worker.stop()

    worker = Worker(world, [program], run_id=run_id, observer=Stopping())
    before = time.monotonic()
    asyncio.run(worker.serve())
    assert time.monotonic() - before < 0.9  # a watching thread that is not woken takes 1 s
    assert world.runs.get(run_id).output == ["wfx-step", "wfx-step"]
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"wfx-watch", "wfx-lease"}


def test_a_sync_body_that_outlives_its_timeout_fails_while_it_still_runs() -> None:
    """It cannot be stopped; its step goes on without it."""
    release = threading.Event()

    @step(name="t:stuck", timeout=0.05, max_retries=0)
    def stuck() -> None:
        release.wait(10)

    @workflow(name="t:flow")
    async def flow() -> str:
        try:
            await stuck()
        except TimeoutError:
            release.set()
            return "late"
        raise AssertionError

    world, program = MemoryWorld(), PlainProgram(flow, stuck)
    run_id = start_run(world, program, "t:flow", [])

    class Stopping(Observer):
        def ended(self, run_id: str) -> None:
            worker.stop()

    worker = Worker(world, [program], run_id=run_id, observer=Stopping())
    asyncio.run(worker.serve())
    assert world.runs.get(run_id).output == "late"


def test_check_free_names_who_holds_a_run(tmp_path: Any) -> None:
    """Alive: refused with its name. Dead, released or run out: free."""

    @workflow(name="t:flow")
    async def flow() -> None:
        return

    world, program = MemoryWorld(), PlainProgram(flow)
    run_id = start_run(world, program, "t:flow", [])
    me, other = Presence(tmp_path), Presence(tmp_path)
    check_free(world, run_id, me)
    world.queue.claim(other.owner, kinds=[TaskKind.RUN])
    with pytest.raises(RunHeld, match="is being run by process"):
        check_free(world, run_id, me)
    other.close()
    check_free(world, run_id, me)
    me.close()


# -- wake-ups and budgets -----------------------------------------------------------------


def test_a_payload_between_the_last_look_and_the_release_is_not_missed(loop: VirtualLoop) -> None:
    """PROTOCOL 14: the release says how far was read, and the task stays ready."""

    @workflow(name="t:flow")
    async def flow() -> Any:
        hook: Any = create_hook("token")
        return await hook

    class Late(Shop):
        def suspended(self, run_id: str, runner: Any) -> None:
            hook = self.world.hooks.get_by_token("token")
            if not hook.received:
                event = NewEvent(HookReceived(payload="just now"), hook.hook_id)
                self.world.events.create(run_id, event)

    shop = Late(loop, flow)
    run_id = shop.start()
    shop.work()
    assert shop.end(run_id) == "just now"


def test_a_payload_that_comes_while_its_worker_stops_is_not_missed(loop: VirtualLoop) -> None:
    """PROTOCOL 14: the run is ready for whoever comes next, though nothing else will wake it."""

    @step(name="t:slow")
    async def slow() -> None:
        try:
            await asyncio.sleep(1_000_000)
        finally:
            hook = shop.world.hooks.get_by_token("token")
            if not hook.received:
                event = NewEvent(HookReceived(payload="at last"), hook.hook_id)
                shop.world.events.create(run_id, event)

    @workflow(name="t:flow")
    async def flow() -> Any:
        hook: Any = create_hook("token")
        unheard = aio.create_task(slow())
        payload = await hook
        unheard.cancel()
        return payload

    shop = Shop(loop, flow, slow)
    run_id = shop.start()
    shop.work(seconds=10)
    assert shop.world.hooks.get_by_token("token").received
    shop.work(seconds=10)
    assert shop.end(run_id) == "at last"


def test_lost_attempts_are_no_failed_ones(loop: VirtualLoop) -> None:
    """PROTOCOL 17: three deploys, one failure, one retry allowed."""

    @step(name="t:long", max_retries=1)
    async def long() -> int:
        await asyncio.sleep(60)
        if step_context().attempt == 4:
            raise ValueError("once")
        return step_context().attempt

    @workflow(name="t:flow")
    async def flow() -> int:
        return await long()

    shop = Shop(loop, flow, long)
    run_id = shop.start()
    for _ in range(3):
        _killed_after(shop, 10)
    shop.work()
    assert shop.end(run_id) == 5


def test_a_task_that_nobody_here_can_do_does_not_make_waits_late(loop: VirtualLoop) -> None:
    """Another workflow's run is ready all the time; this one sleeps and wakes in time."""

    async def asleep() -> None:
        for _ in range(3):
            await aio.sleep(0.25)

    shop = Shop(loop, workflow(asleep, name="shop:asleep"))
    stranger = PlainProgram(workflow(asleep, name="elsewhere:asleep"))
    start_run(shop.world, stranger, "elsewhere:asleep", [])
    run_id = shop.start()

    shop.work(seconds=30)

    began, *woke = [*shop.moments(run_id, "run_started"), *shop.moments(run_id, "wait_completed")]
    assert [moment - began for moment in woke] == pytest.approx([0.25, 0.5, 0.75], abs=0.1)


def test_whoever_cancels_all_tasks_begins_no_other_attempt_of_a_step() -> None:
    """As `asyncio.run` does at its end, in any order: the worker stops then."""

    @step(name="t:waits")
    async def waits() -> None:
        began.append(asyncio.current_task())
        await asyncio.Event().wait()

    @workflow(name="t:waiting")
    async def waiting() -> None:
        await waits()

    began: list[Any] = []
    world, program = MemoryWorld(), PlainProgram(waiting, waits)
    run_id = start_run(world, program, "t:waiting", [])

    async def main() -> None:
        serving = asyncio.create_task(Worker(world, [program], run_id=run_id).serve())
        while not began:
            await asyncio.sleep(0)
        began[0].cancel()
        serving.cancel()
        await asyncio.wait([serving])

    asyncio.run(main())
    started = [event for event in world.events.list(run_id) if event.type == "step_started"]
    assert (len(started), len(began)) == (1, 1)
