"""
Workflows grown from seeds, and one workflow function that acts them out.

A tree is JSON: `["gather", ["step", 3], ["sleep", 0.5]]`. Whatever happens on the way, who
crashes and who writes in between, a tree's result is the same: what depends on a race or on
a clock is done, and left out of the result. So a run under faults can be compared with one
without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any, TypeAlias
from uuid import uuid4

from wfx import aio, create_hook, step, step_context, workflow
from wfx.context import current
from wfx.errors import FatalError, HookConflict, RetryableError, StepLost
from wfx.testing.plain import PlainProgram

Tree: TypeAlias = list[Any]

BodyWitness: TypeAlias = Callable[[str, str, int], None]

witnesses: list[BodyWitness] = []
"""Told of each body that starts: run id, step id, attempt."""


def _seen() -> int:
    context = step_context()
    for witness in witnesses:
        witness(context.run_id, context.step_id, context.attempt)
    return context.attempt


SCARCE = "scarce"
"""The queue of the steps that a simulation limits."""
LOST_MAX = 1000
"""A step that is given up may end a tree in another way; only `fragile` expects it."""


# -- steps: pure, of different length -----------------------------------------------------


@step(name="trees:work", max_lost=LOST_MAX)
async def work(number: int) -> int:
    """Takes a while."""
    _seen()
    await asyncio.sleep(number % 4 * 0.1)
    return number * 2


@step(name="trees:sync_work", max_lost=LOST_MAX)
def sync_work(number: int) -> int:
    """Takes no time."""
    _seen()
    return number * 3


@step(name="trees:flaky", backoff=0.2, max_retries=2, max_lost=LOST_MAX)
async def flaky(number: int, failures: int) -> int:
    """Succeeds at last."""
    if _seen() <= failures:
        raise RetryableError("not yet", retry_after=0.1 if number % 2 else None)
    return number * 5


@step(name="trees:broken", max_lost=LOST_MAX)
async def broken(number: int) -> int:
    """Never succeeds."""
    _seen()
    raise FatalError(f"no {number}")


@step(name="trees:long_work", max_lost=LOST_MAX)
async def long_work(number: int) -> int:
    """Takes longer than some leases."""
    _seen()
    await asyncio.sleep(number * 2)
    return number * 7


@step(name="trees:late", timeout=0.3, backoff=0.1, max_retries=2, max_lost=LOST_MAX)
async def late(number: int, overruns: int) -> int:
    """Takes too long at first."""
    if _seen() <= overruns:
        await asyncio.sleep(60)
    return number * 11


@step(name="trees:stubborn", max_lost=LOST_MAX)
async def stubborn(number: int) -> int:
    """Completes although it is cancelled."""
    _seen()
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(number % 4 * 0.1)
    return number * 13


@step(name="trees:fragile", max_lost=2)
async def fragile(number: int) -> int:
    """Is given up soon when attempts get lost."""
    _seen()
    await asyncio.sleep(number)
    return number


@step(name="trees:scarce", queue=SCARCE, key="customer", max_lost=LOST_MAX)
async def scarce(number: int, customer: str) -> int:
    """Needs something of which there is little."""
    _seen()
    await asyncio.sleep(number % 4 * 0.2)
    return number * 17


@step(name="trees:urgent", queue=SCARCE, key="customer", priority=-5, max_lost=LOST_MAX)
async def urgent(number: int, customer: str) -> int:
    """The same, and before others."""
    _seen()
    await asyncio.sleep(number % 4 * 0.2)
    return number * 19


@step(name="trees:patient", queue=SCARCE, priority=5, backoff=0.2, max_lost=LOST_MAX)
async def patient(number: int, failures: int) -> int:
    """The same, after others, for nobody in particular; succeeds at last."""
    if _seen() <= failures:
        raise RetryableError("not yet")
    return number * 23


STEPS = (
    *(work, sync_work, flaky, broken, long_work, late, stubborn, fragile),
    *(scarce, urgent, patient),
)


def compute(step_name: str, args: list[Any]) -> Any:
    """What a step that never fails comes to, for whoever stands in for its body."""
    return args[0] * {"trees:work": 2, "trees:sync_work": 3, "trees:flaky": 5}[step_name]


# -- the workflow -------------------------------------------------------------------------


@workflow(name="trees:act")
async def act(tree: Tree, prefix: str) -> Any:
    """Act a tree out."""
    return await _Actor(prefix).do(tree)


def program() -> PlainProgram:
    """The workflow and its steps."""
    return PlainProgram(act, *STEPS)


class _Actor:
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    async def do(self, tree: Tree) -> Any:
        kind, *rest = tree
        return await getattr(self, f"do_{kind}")(*rest)

    # steps

    async def do_step(self, number: int) -> int:
        return await work(number)

    async def do_sync(self, number: int) -> int:
        return await sync_work(number)

    async def do_flaky(self, number: int, failures: int) -> int:
        return await flaky(number, failures)

    async def do_caught(self, number: int) -> str:
        try:
            await broken(number)
        except FatalError as error:
            return f"caught {error}"
        raise AssertionError("a broken step completed")

    async def do_raise(self, number: int) -> int:
        return await broken(number)

    async def do_long(self, number: int) -> int:
        return await long_work(number)

    async def do_late(self, number: int, overruns: int) -> int:
        return await late(number, overruns)

    async def do_stubborn(self, number: int) -> int:
        return await stubborn(number)

    async def do_fragile(self, number: int) -> str:
        with suppress(StepLost):
            await fragile(number)
        return "fragile"

    async def do_scarce(self, number: int, customer: str) -> int:
        return await scarce(number, customer)

    async def do_urgent(self, number: int, customer: str) -> int:
        return await urgent(number, customer)

    async def do_patient(self, number: int, failures: int) -> int:
        return await patient(number, failures)

    # structure

    async def do_seq(self, *trees: Tree) -> list[Any]:
        return [await self.do(tree) for tree in trees]

    async def do_gather(self, *trees: Tree) -> list[Any]:
        return list(await aio.gather(*[self.do(tree) for tree in trees]))

    async def do_group(self, *trees: Tree) -> list[Any]:
        async with aio.TaskGroup() as group:
            tasks = [group.create_task(self.do(tree)) for tree in trees]
        return [task.result() for task in tasks]

    async def do_tolerant(self, *trees: Tree) -> list[Any]:
        results = await aio.gather(*[self.do(tree) for tree in trees], return_exceptions=True)
        return [str(one) if isinstance(one, BaseException) else one for one in results]

    async def do_lock(self, *trees: Tree) -> list[Any]:
        lock = aio.Lock()

        async def one(tree: Tree) -> Any:
            async with lock:
                return await self.do(tree)

        return list(await aio.gather(*[one(tree) for tree in trees]))

    async def do_queue(self, *trees: Tree) -> list[Any]:
        queue: Any = aio.Queue(1)

        async def produce() -> None:
            for tree in trees:
                await queue.put(await self.do(tree))

        producer = aio.create_task(produce())
        results = [await queue.get() for _ in trees]
        await producer
        return results

    async def do_semaphore(self, *trees: Tree) -> list[Any]:
        semaphore = aio.Semaphore(2)

        async def one(tree: Tree) -> Any:
            async with semaphore:
                return await self.do(tree)

        return list(await aio.gather(*[one(tree) for tree in trees]))

    async def do_as_completed(self, *trees: Tree) -> int:
        done = 0
        for one in aio.as_completed([self.do(tree) for tree in trees]):
            await one
            done += 1
        return done

    async def do_loose(self, tree: Tree) -> str:
        """Left running; cancelled at the end of the run if it still does."""
        aio.create_task(self._quietly(tree))
        await aio.sleep(0)
        return "loose"

    # races: both ways of ending are right

    async def do_timeout(self, seconds: float, tree: Tree) -> str:
        try:
            async with aio.timeout(seconds):
                await self._quietly(tree)
        except TimeoutError:
            pass
        return "timeout"

    async def do_wait_for(self, seconds: float, tree: Tree) -> str:
        with suppress(TimeoutError):
            await aio.wait_for(self._quietly(tree), seconds)
        return "wait_for"

    async def do_first(self, *trees: Tree) -> str:
        tasks = [aio.create_task(self._quietly(tree)) for tree in trees]
        _, pending = await aio.wait(tasks, return_when=aio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await aio.gather(*tasks, return_exceptions=True)
        return "first"

    async def do_cancel(self, seconds: float, tree: Tree) -> str:
        task = aio.create_task(self._quietly(tree))
        await aio.sleep(seconds)
        task.cancel()
        await aio.gather(task, return_exceptions=True)
        return "cancel"

    async def do_cleanup(self, seconds: float, tree: Tree) -> str:
        """Cancelled, and it goes on with a step all the same."""

        async def guarded() -> None:
            try:
                await self._quietly(tree)
            finally:
                await work(1)

        task = aio.create_task(guarded())
        await aio.sleep(seconds)
        task.cancel()
        await aio.gather(task, return_exceptions=True)
        return "cleanup"

    async def do_shield(self, seconds: float, tree: Tree) -> Any:
        task = aio.create_task(self.do(tree))
        with suppress(TimeoutError):
            await aio.wait_for(aio.shield(task), seconds)
        return await task

    async def _quietly(self, tree: Tree) -> None:
        try:
            await self.do(tree)
        except Exception:
            return

    # waits and hooks

    async def do_sleep(self, seconds: float) -> str:
        await aio.sleep(seconds)
        return "slept"

    async def do_hook(self, name: str, count: int) -> int:
        hook = self._hook(name, count)
        for _ in range(count):
            await hook
        hook.dispose()
        return count

    async def do_anonymous(self, count: int) -> int:
        hook: Any
        async with create_hook(metadata={"wants": count}) as hook:
            for _ in range(count):
                await hook
        return count

    async def do_iterate(self, name: str, count: int) -> int:
        seen = 0
        async with self._hook(name, count) as hook:
            async for _ in hook:
                seen += 1
                if seen == count:
                    break
        return seen

    async def do_unheard(self, name: str) -> str:
        async with self._hook(name, 0):
            pass
        return "unheard"

    async def do_conflict(self, name: str, awaited: bool) -> str:
        async with self._hook(name, 0), self._hook(name, 0) as second:
            if awaited:
                try:
                    await second
                except HookConflict:
                    return "conflict"
                raise AssertionError("two hooks had one token")
        return "conflict"

    def _hook(self, name: str, count: int) -> Any:
        return create_hook(f"{self.prefix}-{name}", metadata={"wants": count})

    # effects

    async def do_clock(self) -> bool:
        run = current()
        assert run is not None
        return run.now_us() < run.now_us()

    async def do_uuid(self, count: int) -> int:
        run = current()
        assert run is not None
        return len({run.uuid(lambda: str(uuid4())) for _ in range(count)})

    async def do_seed(self) -> int:
        run = current()
        assert run is not None
        return len(run.seed())

    async def do_ambient(self, key: str) -> str:
        run = current()
        assert run is not None
        return str(run.ambient("env", key, lambda: f"value of {key}"))


# -- growing ------------------------------------------------------------------------------

# Some twice or more, because they shall come up more often.
_LEAVES = [
    *["step", "step", "step", "sync", "sync", "flaky", "caught", "sleep", "sleep"],
    *["hook", "iterate", "unheard", "conflict", "clock", "uuid", "seed", "ambient"],
]
_BRANCHES = [
    *["seq", "seq", "gather", "gather", "group", "lock", "queue", "tolerant", "loose"],
    *["timeout", "wait_for", "first", "cancel", "shield"],
]
_TIMED = ("timeout", "wait_for", "cancel", "shield", "cleanup")

_LEAVES_SCARCE = ["scarce", "scarce", "urgent", "patient"]
_LEAVES_MORE = [
    *[*_LEAVES, "long", "late", "stubborn", "stubborn", "fragile", "anonymous"],
    *_LEAVES_SCARCE,
]
_BRANCHES_MORE = [*_BRANCHES, "semaphore", "as_completed", "cleanup"]


class _Grower:
    def __init__(self, seed: int, *, wide: bool) -> None:
        self.random = Random(seed)
        self.names = 0
        self.leaves = _LEAVES_MORE if wide else _LEAVES
        self.branches = _BRANCHES_MORE if wide else _BRANCHES

    def name(self) -> str:
        self.names += 1
        return f"hook{self.names}"

    def leaf(self) -> Tree:
        return self.leaf_of(self.leaves)

    def leaf_of(self, leaves: Sequence[str]) -> Tree:
        kind = self.random.choice(leaves)
        number = self.random.randrange(10)
        match kind:
            case "scarce" | "urgent":
                return [kind, number, "abc"[number % 3]]
            case "flaky" | "late" | "patient":
                return [kind, number, number % 3]
            case "sleep":
                return [kind, self.random.choice([0, 0.1, 0.2, 0.35])]
            case "hook" | "iterate":
                return [kind, self.name(), 1 + number % 3]
            case "unheard":
                return [kind, self.name()]
            case "conflict":
                return [kind, self.name(), number % 2 == 0]
            case "uuid" | "anonymous":
                return [kind, 1 + number % 3]
            case "ambient":
                return [kind, "AB"[number % 2]]
            case "clock" | "seed":
                return [kind]
            case _:
                return [kind, number]

    def tree(self, depth: int) -> Tree:
        if depth == 0 or self.random.random() < 0.2:
            return self.leaf()
        kind = self.random.choice(self.branches)
        if kind in _TIMED:
            return [kind, self.random.choice([0, 0.15, 0.3]), self.tree(depth - 1)]
        if kind == "loose":
            return [kind, self.tree(depth - 1)]
        width = self.random.randrange(1, 4)
        return [kind, *[self.tree(depth - 1) for _ in range(width)]]


def grow(seed: int, depth: int = 3, *, wide: bool = False) -> Tree:
    """
    The tree of this seed.

    Args:
        wide: Also of what takes long: steps that outlast leases or are given up.
    """
    grower = _Grower(seed, wide=wide)
    return ["seq", *[grower.tree(depth) for _ in range(2)]]


def crowd(seed: int) -> Tree:
    """A tree of this seed in which many steps want what is scarce at the same time."""
    grower = _Grower(seed, wide=True)
    leaves = [*_LEAVES_SCARCE, "step"]
    return ["gather", *[grower.leaf_of(leaves) for _ in range(grower.random.randrange(4, 12))]]


def fails(tree: Tree) -> bool:
    """Whether some step of it fails for good."""
    kind, *rest = tree
    return kind in ("caught", "raise") or any(isinstance(t, list) and fails(t) for t in rest)


CHOSEN: dict[str, Tree] = {
    "sequence": ["seq", ["step", 1], ["sync", 2], ["step", 3]],
    "effects": ["seq", ["clock"], ["uuid", 3], ["step", 1], ["seed"], ["ambient", "A"], ["clock"]],
    "gather": ["gather", ["step", 1], ["step", 2], ["sync", 3], ["flaky", 3, 2]],
    "group": ["group", ["step", 3], ["seq", ["step", 1], ["sleep", 0.2]], ["clock"]],
    "timers": ["gather", ["sleep", 0.3], ["sleep", 0.1], ["seq", ["sleep", 0.1], ["step", 2]]],
    "timeout": ["seq", ["timeout", 0.1, ["step", 3]], ["wait_for", 0.2, ["hook", "never", 9]]],
    "race": ["first", ["step", 1], ["step", 2], ["hook", "h", 1], ["sleep", 0.1]],
    "cancel": ["seq", ["cancel", 0.1, ["gather", ["step", 3], ["sleep", 9], ["hook", "c", 5]]]],
    "shield": ["shield", 0.1, ["seq", ["step", 3], ["step", 2]]],
    "hooks": ["gather", ["hook", "a", 3], ["iterate", "b", 2], ["step", 1]],
    "unheard": ["seq", ["unheard", "a"], ["step", 1], ["hook", "a", 1]],
    "conflict": ["seq", ["conflict", "a", True], ["step", 1]],
    "conflict unseen": ["seq", ["conflict", "a", False], ["step", 1]],
    "conflict between": ["gather", ["step", 2], ["conflict", "a", True], ["step", 1]],
    "retries": ["seq", ["flaky", 1, 2], ["flaky", 2, 1]],
    "caught": ["seq", ["caught", 1], ["tolerant", ["raise", 2], ["step", 3]]],
    "failure": ["seq", ["step", 1], ["gather", ["step", 3], ["raise", 4]]],
    "queue": ["queue", ["step", 1], ["step", 2], ["sleep", 0.1]],
    "lock": ["lock", ["step", 1], ["step", 2], ["clock"]],
    "loose": ["seq", ["loose", ["seq", ["step", 3], ["hook", "l", 9]]], ["step", 1]],
    "nothing": ["seq"],
}
"""One tree for each thing that workflows do."""
