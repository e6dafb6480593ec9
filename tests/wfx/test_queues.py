"""Queues with limits, and a worker that keeps to them, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from wfx import aio, step, workflow
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.queues import QueueLimits, Rate
from wfx.testing.plain import PlainProgram
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker
from wfx.world import TaskKind

running: list[str] = []
most: list[int] = []


@step(name="t:draw", queue="gpu", key="who")
async def draw(number: int, who: str = "nobody") -> int:
    """Takes a second; notes how many do at the same time."""
    running.append(who)
    most.append(len(running))
    await asyncio.sleep(1)
    running.remove(who)
    return number


@workflow(name="t:art")
async def art(count: int, who: str) -> int:
    """That many pictures at once."""
    return sum(await aio.gather(*[draw(number, who) for number in range(count)]))


class Stop(Observer):
    """Stops a worker when so many runs have ended."""

    def __init__(self, runs: int) -> None:
        self.left = runs
        self.worker: Worker | None = None

    def ended(self, run_id: str) -> None:
        self.left -= 1
        if not self.left and self.worker is not None:
            self.worker.stop()


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Virtual time; nobody is drawing yet."""
    running.clear()
    most.clear()
    with VirtualLoop() as loop:
        yield loop


def worked(
    loop: VirtualLoop, world: MemoryWorld, *runs: tuple[int, str], limits: QueueLimits
) -> float:
    """Seconds until these runs are done by one worker whose project has these limits."""
    program = PlainProgram(art, draw)
    program.queue_limits = {"gpu": limits}
    for count, who in runs:
        start_run(world, program, "t:art", [count, who])
    stop = Stop(len(runs))
    stop.worker = Worker(world, [program], observer=stop, **loop.for_worker())
    before = world.queue.now()
    loop.run(stop.worker.serve())
    return (world.queue.now() - before) / timedelta(seconds=1)


def test_a_worker_sets_the_limits_of_its_project_and_keeps_them(loop: VirtualLoop) -> None:
    """Also for steps that it makes itself; a body that ends is followed by the next at once."""
    world = MemoryWorld(loop.clock)
    took = worked(loop, world, (6, "ann"), limits=QueueLimits(concurrency=2))

    assert max(most) == 2
    assert took == pytest.approx(3, abs=0.2)
    assert world.queue.limits() == {"gpu": QueueLimits(concurrency=2)}


def test_steps_of_one_key_wait_while_others_go_on(loop: VirtualLoop) -> None:
    """The key is the argument that the step names."""
    world = MemoryWorld(loop.clock)
    runs = [(3, "ann"), (3, "bob")]
    took = worked(loop, world, *runs, limits=QueueLimits(concurrency_per_key=1))

    assert max(most) == 2
    assert took == pytest.approx(3, abs=0.2)


def test_what_a_rate_holds_back_starts_when_it_may(loop: VirtualLoop) -> None:
    """The worker looks again without being told."""
    world = MemoryWorld(loop.clock)
    limits = QueueLimits(rate=Rate(2, timedelta(seconds=10)))
    took = worked(loop, world, (5, "ann"), limits=limits)

    assert 21 <= took <= 23


def test_a_worker_says_that_it_is_there_until_it_leaves(loop: VirtualLoop) -> None:
    """With what it serves; a worker for one run only does not."""
    world = MemoryWorld(loop.clock)
    program = PlainProgram(art, draw)
    run_id = start_run(world, program, "t:art", [1, "ann"])
    seen: list[object] = []

    class Look(Stop):
        def appended(self, events: object) -> None:
            seen.extend((w.workflows, w.queues, w.slots) for w in world.queue.workers())

    stop = Look(1)
    stop.worker = Worker(
        world, [program], observer=stop, slots=7, queues=["gpu"], **loop.for_worker()
    )
    loop.run(stop.worker.serve())
    assert set(seen) == {(("t:art",), ("gpu",), 7)}
    assert list(world.queue.workers()) == []

    seen.clear()
    alone = start_run(world, program, "t:art", [1, "ann"])
    stop = Look(1)
    stop.worker = Worker(world, [program], run_id=alone, observer=stop, **loop.for_worker())
    loop.run(stop.worker.serve())
    assert seen == []
    assert run_id != alone


def test_the_key_and_the_priority_of_a_step_are_in_its_log(loop: VirtualLoop) -> None:
    """A key that was left to its default is none; one that is no text is its JSON."""

    @step(name="t:tag", key="tags", priority=3)
    async def tag(number: int, *, tags: list[str] | None = None) -> None:
        """Nothing."""

    @workflow(name="t:flow")
    async def flow() -> None:
        await tag(1)
        await tag(2, tags=["a", "b"])
        await draw(3, who="ann")

    world = MemoryWorld(loop.clock)
    program = PlainProgram(flow, tag, draw)
    run_id = start_run(world, program, "t:flow", [], priority=-2)
    stop = Stop(1)
    stop.worker = Worker(world, [program], observer=stop, **loop.for_worker())
    loop.run(stop.worker.serve())

    made = [event.data for event in world.events.list(run_id) if event.type == "step_created"]
    assert [(data.key, data.priority) for data in made] == [  # type: ignore[union-attr]  # steps
        (None, 3),
        ('["a","b"]', 3),
        ("ann", None),
    ]
    assert world.events.list(run_id)[0].data.execution_context["priority"] == -2  # type: ignore[union-attr,index]  # it is there


def test_a_key_that_is_no_parameter_is_refused_where_the_step_is_made() -> None:
    """The signature is shown."""
    with pytest.raises(ValueError, match=r"has no parameter 'customer': charge\(order: int\)"):

        @step(key="customer")
        async def charge(order: int) -> None:
            """Nothing."""


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/minute", Rate(100, timedelta(minutes=1))),
        (" 5 / 10 seconds", Rate(5, timedelta(seconds=10))),
        ("1/Day", Rate(1, timedelta(days=1))),
    ],
)
def test_rates_are_read_and_written(text: str, rate: Rate) -> None:
    """What is written is read again."""
    assert Rate.parse(text) == rate
    assert Rate.parse(str(rate)) == rate


@pytest.mark.parametrize("text", ["", "100", "0/minute", "5/0 seconds", "-1/minute", "3/fortnight"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """With what would be one."""
    with pytest.raises(ValueError, match="rate"):
        Rate.parse(text)


def test_an_urgent_run_is_claimed_before_older_ones(loop: VirtualLoop) -> None:
    """And its steps before those of others."""
    world = MemoryWorld(loop.clock)
    program = PlainProgram(art, draw)
    start_run(world, program, "t:art", [1, "ann"])
    urgent = start_run(world, program, "t:art", [1, "bob"], priority=-1)

    (task,) = world.queue.claim("ann", kinds=[TaskKind.RUN])
    assert task.task_id == urgent
