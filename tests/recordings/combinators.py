"""One workflow per asyncio combinator, for recordings that later versions must replay."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import BaseModel

from wfx import FatalError, StepError, create_hook, step, workflow


class Reply(BaseModel):
    """A hook's payload."""

    text: str


@step(backoff=0.01)
async def work(name: str, milliseconds: int = 0) -> str:
    """Take a while, then answer."""
    await asyncio.sleep(milliseconds / 1000)
    return f"{name} done"


@step
def work_in_thread(number: int) -> int:
    """A sync step."""
    return number * number


@step(max_retries=0)
async def break_down(name: str) -> str:
    """Fail for good."""
    raise FatalError(f"{name} broke")


@workflow
async def gather() -> list[str]:
    """Steps of different lengths, gathered."""
    return await asyncio.gather(work("a", 30), work("b", 1), work("c", 15))


@workflow
async def gather_with_exceptions() -> list[str]:
    """Failures gathered as values."""
    results = await asyncio.gather(work("a", 5), break_down("b"), work("c"), return_exceptions=True)
    return [str(result) for result in results]


@workflow
async def task_group() -> list[str]:
    """Tasks of a group, with steps of their own."""

    async def twice(name: str) -> str:
        first = await work(f"{name}1", 10)
        return first + " " + await work(f"{name}2", 1)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(twice(name)) for name in "abc"]
    return [task.result() for task in tasks]


@workflow
async def task_group_failure() -> str:
    """One task fails, so the others are cancelled."""
    failed = 0
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("slow", 500))
            group.create_task(break_down("x"))
    except* FatalError as errors:
        failed = len(errors.exceptions)
    return f"{failed} failed"


@workflow
async def wait_first_completed() -> list[str]:
    """The first of three, and the rest cancelled."""
    tasks = [asyncio.create_task(work(name, delay)) for name, delay in [("a", 60), ("b", 1)]]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return [task.result() for task in done]


@workflow
async def wait_for_in_time() -> str:
    """A step that is fast enough."""
    return await asyncio.wait_for(work("fast", 1), timeout=30)


@workflow
async def wait_for_too_late() -> str:
    """A step that is too slow is cancelled."""
    try:
        return await asyncio.wait_for(work("slow", 2000), timeout=0.05)
    except TimeoutError:
        return "too late"


@workflow
async def timeout_block() -> str:
    """A timeout around several awaits."""
    seen = []
    try:
        async with asyncio.timeout(0.05):
            seen.append(await work("a"))
            await asyncio.sleep(3600)
    except TimeoutError:
        seen.append("timeout")
    return ", ".join(seen)


@workflow
async def as_completed() -> list[str]:
    """In the order of completion."""
    results = []
    for next_done in asyncio.as_completed([work("a", 40), work("b", 1), work("c", 20)]):
        results.append(await next_done)
    return results


@workflow
async def shield() -> str:
    """A shielded step goes on when its waiter is cancelled."""
    inner = asyncio.create_task(work("inner", 20))
    outer = asyncio.create_task(asyncio.wait_for(asyncio.shield(inner), timeout=0.005))
    try:
        await outer
    except TimeoutError:
        return "outer late, " + await inner
    return "in time"


@workflow
async def queue() -> list[str]:
    """A producer and two consumers."""
    items: asyncio.Queue[str | None] = asyncio.Queue(maxsize=2)
    taken: list[str] = []

    async def produce() -> None:
        for name in "abcd":
            await items.put(await work(name, 1))
        for _ in range(2):
            await items.put(None)

    async def consume(label: str) -> None:
        while (item := await items.get()) is not None:
            taken.append(f"{label}: {await work(item, 2)}")

    await asyncio.gather(produce(), consume("x"), consume("y"))
    return sorted(taken)


@workflow
async def locks() -> list[str]:
    """Lock, semaphore, event, condition and barrier between tasks."""
    lock, gate, order = asyncio.Lock(), asyncio.Semaphore(2), []
    ready, condition = asyncio.Event(), asyncio.Condition()
    barrier = asyncio.Barrier(3)

    async def one(name: str) -> None:
        await ready.wait()
        async with gate:
            answer = await work(name, 3)
        async with lock:
            order.append(answer)
        async with condition:
            condition.notify_all()
        await barrier.wait()

    async def watch() -> None:
        async with condition:
            await condition.wait_for(lambda: len(order) == 3)

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        for name in "abc":
            group.create_task(one(name))
        ready.set()
    return order


@workflow
async def sleeps() -> list[str]:
    """Timers fire in the order of their moments."""
    fired: list[str] = []

    async def nap(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        fired.append(name)

    await asyncio.gather(nap("c", 0.06), nap("a", 0.02), nap("b", 0.04))
    return fired


@workflow
async def async_generator() -> list[str]:
    """An async generator, left before its end."""

    async def numbers() -> AsyncIterator[str]:
        try:
            for number in range(10):
                yield await work(str(number))
        finally:
            await work("closing")

    seen = []
    stream = numbers()
    async for text in stream:
        seen.append(text)
        if len(seen) == 2:
            break
    await stream.aclose()
    return seen


@workflow
async def hook_payloads(token: str) -> list[str]:
    """Several payloads, awaited and iterated."""
    seen = []
    async with create_hook(token, schema=Reply) as hook:
        seen.append((await hook).text)
        async for reply in hook:
            seen.append(reply.text)
            if reply.text == "end":
                break
    return seen


@workflow
async def effects() -> dict[str, object]:
    """Every kind of recorded value."""
    started = time.time()
    values = {
        "uuid": str(uuid4()),
        "random": [random.randint(1, 100) for _ in range(5)],
        "shuffled": random.sample(range(10), 10),
        "now": datetime.now(UTC).isoformat(),
        "set": list({name.upper() for name in ["x", "y", "z", "w"]}),
    }
    await work("middle")
    values["elapsed_is_positive"] = time.time() > started
    return values


@workflow
async def failures() -> str:
    """A caught failure, then one that ends the run."""
    try:
        await break_down("first")
    except FatalError as error:
        caught = str(error)
    except StepError as error:
        caught = f"step error {error.type}"
    await work(caught)
    squares = await asyncio.gather(*[work_in_thread(number) for number in range(3)])
    raise ValueError(f"{caught}: {squares}")
