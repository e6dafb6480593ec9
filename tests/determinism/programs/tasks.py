"""asyncio: orders, names, reprs, what belongs to a run."""

import asyncio
from asyncio import create_task, current_task, gather, sleep
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from wfx import StepError, step, workflow

VARIABLE: ContextVar[str] = ContextVar("VARIABLE", default="none")
EVENTS: list[str] = []


@step
def work(n: int) -> int:
    """A step."""
    return n


@step(max_retries=0)
def broken(n: int) -> int:
    """A step that fails."""
    raise ValueError(f"broken {n}")


async def later(n: int) -> int:
    """Sleep in reverse."""
    await sleep(10 - n)
    return n


@workflow
async def names() -> Any:
    """Default names of tasks count per run."""
    a = create_task(later(1))
    b = create_task(later(2), name="mine")
    c = asyncio.ensure_future(later(3))
    d = create_task(later(4))
    d.set_name("renamed")
    current = current_task()
    await gather(a, b, c, d)
    return [a.get_name(), b.get_name(), c.get_name(), d.get_name(), current and current.get_name()]


@workflow
async def reprs() -> Any:
    """Tasks, futures, coroutines, groups."""
    task = create_task(later(1))
    before = [repr(task), str(task), f"{task}", f"{[task]}", "%s" % task]
    await task
    coroutine = later(1)
    shown = [repr(coroutine), f"{coroutine}", "%r" % coroutine]
    coroutine.close()
    gathering = gather(later(2), later(3))
    shown += [repr(gathering), "%s" % [gathering]]
    await gathering
    return [before, repr(task), shown, hash(task), id(task)]


@workflow
async def hashes() -> Any:
    """The hash of a task does not change while it lives."""
    tasks = [create_task(later(n), name="same") for n in range(3)]
    before = [hash(task) for task in tasks]
    await gather(*tasks)
    return [before, before == [hash(task) for task in tasks], len(set(before))]


@workflow
async def waited() -> Any:
    """asyncio.wait gives ordered sets."""
    tasks = [create_task(later(n), name=f"t{n}") for n in range(5)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    first = [[t.get_name() for t in done], [t.get_name() for t in pending]]
    done, pending = await asyncio.wait(pending)
    return [
        first,
        [t.get_name() for t in done],
        len(pending),
        type(done).__name__,
        isinstance(done, set),
        [t.result() for t in done | set(tasks)],
        [t.get_name() for t in set(tasks) - done],
        repr(done),
    ]


@workflow
async def completed() -> Any:
    """as_completed gives the order of completion."""
    out = []
    for each in asyncio.as_completed([later(n) for n in range(5)]):
        out.append(await each)
    for each in asyncio.as_completed({create_task(work(n)) for n in range(5)}):
        out.append(await each)
    return out


@workflow
async def sets_of_tasks() -> Any:
    """A set of tasks is in order of insertion."""
    tasks = {create_task(later(n)) for n in range(6)}
    tasks |= {create_task(work(n)) for n in range(6, 9)}
    results = await gather(*tasks)
    by_task = {task: task.result() for task in tasks}
    return [results, list(by_task.values()), [t.result() for t in sorted(tasks, key=hash)]]


@workflow
async def failures() -> Any:
    """The first failure wins; the others' order is kept."""
    out: list[Any] = []
    try:
        await gather(*(broken(n) for n in range(3)))
    except Exception as error:
        out.append([type(error).__name__, str(error)])
    found = await gather(*(broken(n) for n in range(3)), work(4), return_exceptions=True)
    out.append([str(each) for each in found])
    try:
        async with asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(broken(n))
    except* (ValueError, StepError) as raised:
        out.append([str(raised), [str(each) for each in raised.exceptions]])
    return out


@workflow
async def races() -> Any:
    """Queues, events, locks, timeouts of the same length."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    got: list[Any] = []

    async def consume(name: str) -> None:
        while True:
            item = await queue.get()
            got.append((name, item))
            await sleep(1)
            queue.task_done()

    consumers = [create_task(consume(f"c{n}")) for n in range(3)]
    for n in range(7):
        await queue.put(n)
    await queue.join()
    for each in consumers:
        each.cancel()
    ended = await gather(*consumers, return_exceptions=True)
    lock = asyncio.Lock()
    order: list[int] = []

    async def locked(n: int) -> None:
        async with lock:
            await sleep(0)
            order.append(n)

    await gather(*(locked(n) for n in range(5)))

    async def limited(n: int) -> Any:
        try:
            async with asyncio.timeout(1):
                await sleep(1)
            return n
        except TimeoutError:
            return -n

    return [got, order, [repr(e) for e in ended], await gather(*(limited(n) for n in (1, 2, 3)))]


@workflow
async def variables() -> Any:
    """Context variables: inherited, not leaking."""
    before = VARIABLE.get()
    token = VARIABLE.set("root")

    async def child() -> str:
        seen = VARIABLE.get()
        VARIABLE.set("child")
        return seen

    seen = await create_task(child())
    after = VARIABLE.get()
    VARIABLE.reset(token)
    VARIABLE.set("left behind")
    return [before, seen, after, VARIABLE.name, repr(VARIABLE)]


@workflow
async def contexts() -> Any:
    """Async generators and context managers end in order."""
    EVENTS.append("begun")

    async def numbers() -> AsyncIterator[int]:
        try:
            for n in range(3):
                yield n
        finally:
            EVENTS.append("closed")

    @asynccontextmanager
    async def scope(name: str) -> AsyncIterator[str]:
        EVENTS.append(f"enter {name}")
        try:
            yield name
        finally:
            EVENTS.append(f"exit {name}")

    async with scope("a") as a, scope("b"):
        async for n in numbers():
            EVENTS.append(f"{a}{n}")
            if n == 1:
                break
    await sleep(1)
    return list(EVENTS)


@workflow
async def cancelled() -> Any:
    """Cancellation's order and messages."""
    seen: list[Any] = []

    async def victim(n: int) -> None:
        try:
            await sleep(100)
        except asyncio.CancelledError as error:
            seen.append([n, repr(error)])
            raise

    tasks = [create_task(victim(n)) for n in range(3)]
    await sleep(0)
    for task in reversed(tasks):
        task.cancel("enough")
    await asyncio.wait(tasks)
    return [seen, [t.cancelled() for t in tasks], tasks[0].cancelling(), current_task() is None]


@workflow
async def left_running() -> Any:
    """What still runs at the end is cancelled in order."""
    async def forever(n: int) -> None:
        try:
            await sleep(1000)
        finally:
            print("ended", n)

    every = [create_task(forever(n)) for n in range(3)]
    await work(1)
    return len(every)
