"""Locks, queues and the like lose nothing and let nobody in twice, whoever is cancelled."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from wfx import aio

Body = Callable[[random.Random], Awaitable[None]]


async def _disturbed(
    rng: random.Random, bodies: list[Body], others: Sequence[asyncio.Task[None]] = ()
) -> None:
    """Run them side by side and cancel some of them and of the others, at any of their turns."""
    tasks = [aio.create_task(body(random.Random(rng.random()))) for body in bodies]
    for _ in range(rng.randrange(12)):
        await _turns(rng)
        rng.choice([*tasks, *others]).cancel()
    await aio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


async def _turns(rng: random.Random) -> None:
    for _ in range(rng.randrange(4)):
        await aio.sleep(0)


def _play(traces: Any, program: Any) -> None:
    stage = traces.make_stage(turns=False)
    root = stage.play(program)
    try:
        assert root.done(), "somebody waits for ever"
        root.result()
    finally:
        stage.drop()


async def _locks(rng: random.Random) -> None:
    lock, inside = aio.Lock(), Counter[str]()

    async def one(own: random.Random) -> None:
        for _ in range(3):
            async with lock:
                inside["now"] += 1
                assert inside["now"] == 1
                try:
                    await _turns(own)
                finally:
                    inside["now"] -= 1
            await _turns(own)

    await _disturbed(rng, [one] * 4)
    assert not lock.locked()


async def _semaphores(rng: random.Random) -> None:
    places = rng.randrange(1, 3)
    semaphore, inside = aio.BoundedSemaphore(places), Counter[str]()

    async def one(own: random.Random) -> None:
        for _ in range(3):
            async with semaphore:
                inside["now"] += 1
                assert inside["now"] <= places
                try:
                    await _turns(own)
                finally:
                    inside["now"] -= 1

    await _disturbed(rng, [one] * 5)
    for _ in range(places):
        assert not semaphore.locked()
        await semaphore.acquire()
    assert semaphore.locked()


async def _conditions(rng: random.Random) -> None:
    condition, ready = aio.Condition(), Counter[str]()

    async def takes(own: random.Random) -> None:
        async with condition:
            try:
                await condition.wait_for(lambda: ready["items"] > 0)
            finally:
                assert condition.locked()
            ready["items"] -= 1

    async def gives(own: random.Random) -> None:
        for _ in range(2):
            await _turns(own)
            async with condition:
                ready["items"] += 1
                condition.notify()

    # Nobody gives less than is taken, even if all who give are cancelled.
    takers = [aio.create_task(takes(rng)) for _ in range(3)]
    await _disturbed(rng, [gives] * 3)
    for _ in range(3):
        await _turns(rng)
        rng.choice(takers).cancel()
        async with condition:
            ready["items"] += 1
            condition.notify()
    await aio.wait(takers)
    assert not condition.locked()


async def _queues(rng: random.Random) -> None:
    kind = rng.choice((aio.Queue, aio.LifoQueue, aio.PriorityQueue))
    queue: Any = kind(rng.randrange(3))
    put: list[int] = []
    got: list[int] = []
    numbers = iter(range(1000))

    async def puts(own: random.Random) -> None:
        for _ in range(4):
            number = next(numbers)
            await queue.put(number)
            put.append(number)
            await _turns(own)

    async def gets() -> None:
        while True:
            got.append(await queue.get())
            queue.task_done()

    takers = [aio.create_task(gets()) for _ in range(3)]
    await _disturbed(rng, [puts] * 3, takers[1:])
    await queue.join()
    for taker in takers:
        taker.cancel()
    assert sorted(got) == sorted(put)
    assert queue.empty()


async def _events_and_barriers(rng: random.Random) -> None:
    event, barrier = aio.Event(), aio.Barrier(2)
    passed: list[int] = []

    async def meets(own: random.Random) -> None:
        await event.wait()
        await _turns(own)
        passed.append(await barrier.wait())

    async def sets(own: random.Random) -> None:
        await _turns(own)

    tasks = [aio.create_task(meets(rng)) for _ in range(5)]
    await _disturbed(rng, [sets] * 2)
    rng.choice(tasks).cancel()
    event.set()
    for _ in range(40):
        await aio.sleep(0)
    left = [task for task in tasks if not task.done()]
    assert len(left) == barrier.n_waiting <= 1
    if left:
        passed.append(await barrier.wait())
        await aio.wait(left)
    assert passed.count(0) == passed.count(1)


@pytest.mark.parametrize(
    "program", [_locks, _semaphores, _conditions, _queues, _events_and_barriers]
)
def test_nothing_is_lost_by_cancelling(traces: Any, program: Any) -> None:
    """A place, a notification or an item that a cancelled task was given goes to the next one."""
    for seed in range(150):
        try:
            _play(traces, program(random.Random(seed)))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
