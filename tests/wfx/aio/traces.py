"""
Programs over every combinator, and the complete trace of each.

A trace has every turn that was scheduled, every request with its scope and ordinal, every
wait that was started or cancelled, in order. As a script it prints a digest per program;
the digests must be the same on every version of Python:

    python tests/wfx/aio/traces.py           compare with traces.json
    python tests/wfx/aio/traces.py --write   write it (a change of it breaks old logs)
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from wfx import aio
from wfx.loop import DeterministicLoop, Task, current_scope

GOLDEN = Path(__file__).with_name("traces.json")
RANDOM_PROGRAMS = 400
RANDOM_BLOCK = 25
DELIVERIES_MAX = 2000


class Dice:
    """Numbers that are the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._state = seed * 2654435761 + 97

    def below(self, n: int) -> int:
        """A number in range(n)."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 33) % n


class Stage(DeterministicLoop):
    """A loop that writes down what happens on it, with fake steps and a virtual clock."""

    def __init__(self, seed: int = 0, *, turns: bool = True, **options: Any) -> None:
        self.trace: list[str] = []
        self.now_us = 0
        self.readings = 0
        self.waits: dict[int, tuple[int, Callable[[], None]]] = {}
        self.steps: dict[str, tuple[asyncio.Future[Any], Any]] = {}
        self.dice = Dice(seed)
        self._started = 0
        self._turns = turns
        super().__init__(self, **options)

    # -- timers ---------------------------------------------------------------------------

    def monotonic_us(self) -> int:
        self.readings += 1
        return self.now_us

    def start_wait(self, delay_us: int, fire: Callable[[], None]) -> object:
        scope = current_scope()
        token = self._started
        self._started += 1
        self.trace.append(f"{scope.path}#{scope.next_ordinal()} wait {token}: {delay_us}")
        self.waits[token] = (self.now_us + delay_us, fire)
        return token

    def cancel(self, token: Any) -> None:
        del self.waits[token]
        self.trace.append(f"cancel wait {token}")

    def due_us(self, token: Any) -> int:
        return self.waits[token][0]

    # -- what programs use ----------------------------------------------------------------

    def mark(self, text: object) -> None:
        """Write something into the trace."""
        self.trace.append(f"{current_scope().path}: {text}")

    async def step(self, name: str, outcome: Any = None) -> Any:
        """A step that ends from outside, some time, with a value or an exception."""
        scope = current_scope()
        key = f"{scope.path}#{scope.next_ordinal()} {name}"
        self.trace.append(f"request {key}")
        future: asyncio.Future[Any] = self.create_future()
        self.steps[key] = (future, name if outcome is None else outcome)
        try:
            return await future
        except asyncio.CancelledError:
            if self.steps.pop(key, None) is not None:
                self.trace.append(f"cancel {key}")
            raise

    # -- driving --------------------------------------------------------------------------

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        if self._turns:
            # Not the callback's own name: that may change, the order of turns may not.
            owner = getattr(callback, "__self__", None)
            whose = f"turn of {owner._scope.path!r}" if isinstance(owner, Task) else "callback"
            self.trace.append(f"soon {whose}")
        return super().call_soon(callback, *args, context=context)

    def deliver(self) -> bool:
        """Let one step or wait end; whether there was one."""
        choices = len(self.steps) + bool(self.waits)
        if not choices:
            return False
        number = self.dice.below(choices)
        if number < len(self.steps):
            key = list(self.steps)[number]
            future, outcome = self.steps.pop(key)
            self.trace.append(f"deliver {key}")
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        else:
            due, token = min((due, token) for token, (due, _) in self.waits.items())
            _, fire = self.waits.pop(token)
            self.now_us = max(self.now_us, due)
            self.trace.append(f"deliver wait {token}")
            fire()
        return True

    def play(self, program: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a program to its end, or until nothing can happen any more."""
        root = self.start(program)
        self.run_until_quiescent()
        for _ in range(DELIVERIES_MAX):
            if root.done() or not self.deliver():
                break
            self.run_until_quiescent()
        return root


class _Timers:
    """Timers and loop are one object here; `start` is the loop's, so this maps it."""

    def __init__(self, stage: Stage) -> None:
        self.monotonic_us = stage.monotonic_us
        self.start = stage.start_wait
        self.cancel = stage.cancel
        self.due_us = stage.due_us


def make_stage(seed: int = 0, **options: Any) -> Stage:
    """A fresh stage."""
    stage = Stage(seed, **options)
    stage.timers = _Timers(stage)
    return stage


def outcome_of(future: asyncio.Future[Any]) -> str:
    """How a future ended, in words."""
    if not future.done():
        return "stuck"
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    return shown(error) if error is not None else f"result {future.result()!r}"


def shown(error: BaseException) -> str:
    """An exception in words, groups inside out."""
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}[{', '.join(map(shown, error.exceptions))}]"
    return f"{type(error).__name__}({', '.join(map(repr, error.args))})"


# -- one program per combinator -----------------------------------------------------------

Program = Callable[[Stage], Coroutine[Any, Any, Any]]
PROGRAMS: dict[str, Program] = {}


def program(f: Program) -> Program:
    """List it."""
    PROGRAMS[f.__name__] = f
    return f


@program
async def sleeping(s: Stage) -> Any:
    await aio.sleep(0)
    await aio.sleep(-1)
    s.mark(await aio.sleep(0.0000015, "slept"))
    await aio.sleep(3600)
    return asyncio.get_running_loop().time()


@program
async def gathering(s: Stage) -> Any:
    async def twice(n: int) -> list[Any]:
        return [await s.step(f"a{n}"), await s.step(f"b{n}")]

    shared = aio.create_task(s.step("shared"))
    first = await aio.gather(twice(1), shared, twice(2), shared, s.step("direct"))
    kept = await aio.gather(
        s.step("bad", ValueError("bad")), s.step("good"), return_exceptions=True
    )
    try:
        await aio.gather(s.step("x", KeyError("x")), twice(3))
    except KeyError as error:
        s.mark(shown(error))
    outer = aio.gather(twice(4), twice(5))
    await aio.sleep(0)
    outer.cancel()
    try:
        await outer
    except aio.CancelledError:
        s.mark("cancelled")
    return [first, list(map(str, kept)), await aio.gather()]


@program
async def waiting(s: Stage) -> Any:
    tasks = [aio.create_task(s.step(f"t{n}")) for n in range(5)]
    done, pending = await aio.wait(tasks, return_when=aio.FIRST_COMPLETED)
    s.mark([t.get_name() for t in done])
    done, pending = await aio.wait(pending, timeout=5)
    s.mark([t.get_name() for t in done] + ["/"] + [t.get_name() for t in pending])
    bad = aio.create_task(s.step("bad", ValueError("bad")))
    done, pending = await aio.wait([*tasks, bad], return_when=aio.FIRST_EXCEPTION)
    done, pending = await aio.wait([*tasks, bad])
    return [outcome_of(t) for t in done]


@program
async def waiting_for(s: Stage) -> Any:
    results = []
    for seconds in (None, 0, 1, 1000):
        for made in (False, True):
            try:
                step = s.step(f"{'task ' if made else ''}{seconds}")
                awaitable: Awaitable[Any] = aio.create_task(step) if made else step
                results.append(await aio.wait_for(awaitable, seconds))
            except TimeoutError:
                results.append("late")
    return results


@program
async def timing_out(s: Stage) -> Any:
    for outer, inner in ((10, 1), (1, 10), (5, None), (None, 0)):
        try:
            async with aio.timeout(outer) as a:
                try:
                    async with aio.timeout(inner) as b:
                        await s.step("one")
                        await aio.sleep(4)
                        await s.step("two")
                except TimeoutError:
                    s.mark(f"inner {a.expired()} {b.expired()}")
                    await s.step("after")
        except TimeoutError:
            s.mark(f"outer {a.expired()} {b.expired()}")
    async with aio.timeout(10) as c:
        s.mark(c.when())
        c.reschedule(c.when() + 5)
        await s.step("three")
        c.reschedule(None)
    try:
        async with aio.timeout_at(asyncio.get_running_loop().time() + 2):
            await aio.sleep(100)
    except TimeoutError:
        s.mark("at")
    return c.expired()


@program
async def grouping(s: Stage) -> Any:
    async def nested(n: int) -> Any:
        async with aio.TaskGroup() as group:
            for m in range(n):
                group.create_task(s.step(f"{n}.{m}"))
        return n

    async with aio.TaskGroup() as group:
        tasks = [group.create_task(nested(n), name=f"nested {n}") for n in range(4)]
    try:
        async with aio.TaskGroup() as group:
            for n in range(4):
                group.create_task(s.step(f"bad{n}", ValueError(n) if n % 2 else None))
            await s.step("body")
            raise KeyError("body")
    except* (ValueError, KeyError) as errors:
        s.mark(shown(errors))
    return [t.result() for t in tasks]


@program
async def group_in_timeout(s: Stage) -> Any:
    async def slow(n: int) -> None:
        try:
            await s.step(f"slow {n}")
        finally:
            await s.step(f"clean {n}")

    try:
        async with aio.timeout(1), aio.TaskGroup() as group:
            for n in range(3):
                group.create_task(slow(n))
    except TimeoutError:
        return "late"
    return "in time"


@program
async def completing(s: Stage) -> Any:
    order = [await c for c in aio.as_completed([s.step(f"p{n}") for n in range(4)])]
    tasks = [aio.create_task(s.step(f"q{n}")) for n in range(4)]
    async for task in aio.as_completed(tasks):
        order.append(task.get_name())
    try:
        for c in aio.as_completed([s.step("r"), aio.sleep(50, "slept"), s.step("t")], timeout=10):
            order.append(await c)
    except TimeoutError:
        order.append("late")
    return order


@program
async def shielding(s: Stage) -> Any:
    inner = aio.create_task(s.step("inner"))
    try:
        async with aio.timeout(1):
            await aio.shield(inner)
    except TimeoutError:
        s.mark("late")
    return [await inner, await aio.shield(inner), await aio.shield(s.step("other"))]


@program
async def queueing(s: Stage) -> Any:
    results = []
    for kind in (aio.Queue, aio.PriorityQueue, aio.LifoQueue):
        queue: aio.Queue[Any] = kind(2)

        async def produce(n: int, queue: aio.Queue[Any] = queue) -> None:
            for m in range(3):
                await s.step(f"make {n}.{m}")
                await queue.put((m, n))

        async def consume(queue: aio.Queue[Any] = queue) -> list[Any]:
            got = []
            try:
                while True:
                    got.append(await queue.get())
                    await s.step("use")
                    queue.task_done()
            except aio.QueueShutDown:
                return got

        async with aio.TaskGroup() as group:
            consumers = [group.create_task(consume()) for _ in range(2)]
            await aio.gather(*(produce(n) for n in range(3)))
            await queue.join()
            queue.shutdown()
        results.append([c.result() for c in consumers])
    return results


@program
async def locking(s: Stage) -> Any:
    lock, semaphore = aio.Lock(), aio.BoundedSemaphore(2)

    async def one(n: int) -> None:
        async with semaphore:
            s.mark(f"in {n}")
            async with lock:
                await s.step(f"held {n}")

    tasks = [aio.create_task(one(n)) for n in range(6)]
    await s.step("then")
    tasks[3].cancel()
    tasks[1].cancel()
    await aio.wait(tasks)
    return [outcome_of(t) for t in tasks] + [repr(lock), repr(semaphore)]


@program
async def conditions(s: Stage) -> Any:
    condition, event, barrier = aio.Condition(), aio.Event(), aio.Barrier(3)
    ready: list[int] = []

    async def waiter(n: int) -> int:
        await event.wait()
        async with condition:
            await condition.wait_for(lambda: len(ready) > n)
        async with barrier as place:
            s.mark(f"{n} passes as {place}")
        return n

    async def maker() -> None:
        await s.step("event")
        event.set()
        for n in range(6):
            await s.step(f"ready {n}")
            async with condition:
                ready.append(n)
                if n % 2:
                    condition.notify(1)
                else:
                    condition.notify_all()

    return await aio.gather(maker(), *(waiter(n) for n in range(6)))


@program
async def callbacks(s: Stage) -> Any:
    loop = asyncio.get_running_loop()
    order: list[str] = []

    async def made(name: str) -> None:
        await s.step(name)
        order.append(name)

    def later(name: str, *_: Any) -> None:
        aio.create_task(made(name))

    async def registers(name: str) -> None:
        loop.call_soon(later, f"soon {name}")
        loop.call_later(2, later, f"later {name}")
        task = aio.create_task(s.step(f"done {name}"))
        task.add_done_callback(functools.partial(later, f"callback {name}"))
        loop.call_later(1, later, "never").cancel()

    await aio.gather(registers("x"), registers("y"))
    await aio.sleep(100)
    return order


@program
async def generators(s: Stage) -> Any:
    async def numbers(name: str) -> Any:
        try:
            for n in range(3):
                yield await s.step(f"{name}{n}")
        finally:
            await s.step(f"close {name}")

    open_ones = [numbers(n) for n in "xyz"]
    s.mark([n async for n in numbers("whole")])
    for g in reversed(open_ones):
        async for n in g:
            s.mark(n)
            break
    await open_ones[1].aclose()
    return "the others are closed at the end"


@program
async def left_over(s: Stage) -> Any:
    async def stubborn(n: int) -> None:
        try:
            await s.step(f"long {n}")
        except aio.CancelledError:
            await s.step(f"clean {n}")
            aio.create_task(s.step(f"late {n}"))
            raise

    for n in range(3):
        aio.create_task(stubborn(n))
    await s.step("body")
    return "body"


@program
async def uncancelling(s: Stage) -> Any:
    task = aio.current_task()
    assert task is not None
    task.cancel()
    s.mark(task.uncancel())
    await s.step("goes on")
    task.cancel("why")
    try:
        await s.step("does not")
    except aio.CancelledError as error:
        s.mark(shown(error))
    return [task.cancelling(), task.uncancel(), task.get_name()]


# -- random programs ----------------------------------------------------------------------


class Play:
    """
    A random program over the names of an asyncio module.

    `a` is `wfx.aio` or `asyncio`; `step(name, outcome)` and `mark(text)` are the stage's.
    """

    def __init__(self, seed: int, a: Any, step: Any, mark: Any) -> None:
        self.dice = Dice(seed)
        self.a = a
        self.step = step
        self.mark = mark
        self.count = 0
        self.size = 0

    def make(self, depth: int = 4) -> Callable[[], Coroutine[Any, Any, Any]]:
        """A function that starts one node; all decisions are made before it runs."""
        self.size += 1
        kinds = [self.one_step, self.failing_step, self.pause]
        if depth > 0 and self.size < 40:
            kinds += [
                *(self.sequence, self.gathered, self.grouped, self.waited, self.bounded),
                *(self.limited, self.completed, self.shielded, self.cancelled, self.queued),
                *(self.locked, self.evented, self.cleaning),
            ]
        return kinds[self.dice.below(len(kinds))](depth - 1)

    def makes(self, depth: int) -> list[Callable[[], Coroutine[Any, Any, Any]]]:
        return [self.make(depth) for _ in range(1 + self.dice.below(3))]

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def seconds(self) -> float:
        # Distinct, and far apart: nothing that matters happens at the same time.
        self.count += 1
        return 1 + self.dice.below(60) + self.count / 1000

    def one_step(self, _: int) -> Any:
        name = self.name()
        return lambda: self.step(name)

    def failing_step(self, _: int) -> Any:
        name = self.name()
        return lambda: self.step(name, ValueError(name))

    def pause(self, _: int) -> Any:
        seconds = self.seconds()
        return lambda: self.a.sleep(seconds, f"slept {seconds}")

    def sequence(self, depth: int) -> Any:
        nodes = self.makes(depth)

        async def go() -> Any:
            return [await node() for node in nodes]

        return go

    def attempt(self, depth: int) -> Any:
        node = self.make(depth)

        async def go() -> Any:
            try:
                return await node()
            except Exception as error:
                self.mark(shown(error))
                return shown(error)

        return go

    def gathered(self, depth: int) -> Any:
        nodes, keep = self.makes(depth), bool(self.dice.below(2))

        async def go() -> Any:
            try:
                results = await self.a.gather(*(n() for n in nodes), return_exceptions=keep)
            except ValueError as error:
                return shown(error)
            return [shown(r) if isinstance(r, BaseException) else r for r in results]

        return go

    def grouped(self, depth: int) -> Any:
        nodes, body = self.makes(depth), self.make(depth)

        async def go() -> Any:
            try:
                async with self.a.TaskGroup() as group:
                    tasks = [group.create_task(n()) for n in nodes]
                    value = await body()
            except BaseExceptionGroup as error:
                return sorted(map(shown, error.exceptions))
            return [value, *(t.result() for t in tasks)]

        return go

    def waited(self, depth: int) -> Any:
        nodes = self.makes(depth)
        how = (self.a.FIRST_COMPLETED, self.a.FIRST_EXCEPTION, self.a.ALL_COMPLETED)
        when, seconds = how[self.dice.below(3)], (None, self.seconds())[self.dice.below(2)]

        async def go() -> Any:
            tasks = [self.a.create_task(n()) for n in nodes]
            try:
                done, _ = await self.a.wait(tasks, timeout=seconds, return_when=when)
                result = [t in done for t in tasks]
            finally:
                for t in tasks:
                    t.cancel()
                await self.a.gather(*tasks, return_exceptions=True)
            return result

        return go

    def bounded(self, depth: int) -> Any:
        node, seconds = self.attempt(depth), self.seconds()

        async def go() -> Any:
            try:
                return await self.a.wait_for(node(), seconds)
            except TimeoutError:
                return "late"

        return go

    def limited(self, depth: int) -> Any:
        node, seconds = self.make(depth), self.seconds()

        async def go() -> Any:
            try:
                async with self.a.timeout(seconds):
                    return await node()
            except TimeoutError:
                return "limit"

        return go

    def completed(self, depth: int) -> Any:
        nodes = [self.attempt(depth) for _ in range(1 + self.dice.below(3))]
        seconds = (None, self.seconds())[self.dice.below(2)]

        async def go() -> Any:
            tasks = [self.a.create_task(n()) for n in nodes]
            got = []
            try:
                for c in self.a.as_completed(tasks, timeout=seconds):
                    got.append(await c)
            except TimeoutError:
                got.append("late")
            finally:
                for t in tasks:
                    t.cancel()
                await self.a.gather(*tasks, return_exceptions=True)
            return got

        return go

    def shielded(self, depth: int) -> Any:
        node, seconds = self.attempt(depth), self.seconds()

        async def go() -> Any:
            inner = self.a.create_task(node())
            try:
                return await self.a.wait_for(self.a.shield(inner), seconds)
            except TimeoutError:
                return ["shielded", await inner]
            finally:
                inner.cancel()

        return go

    def cancelled(self, depth: int) -> Any:
        node, seconds = self.make(depth), self.seconds()

        async def go() -> Any:
            task = self.a.create_task(node())
            try:
                await self.a.sleep(seconds)
            finally:
                task.cancel("enough")
                await self.a.wait([task])
            return "cancelled" if task.cancelled() else "ended"

        return go

    def queued(self, depth: int) -> Any:
        nodes, size = [self.attempt(depth) for _ in range(3)], self.dice.below(3)

        async def go() -> Any:
            queue = self.a.Queue(size)

            async def produce(node: Any) -> None:
                await queue.put(await node())

            async with self.a.TaskGroup() as group:
                for node in nodes:
                    group.create_task(produce(node))
                got = [await queue.get() for _ in nodes]
            return sorted(map(repr, got))

        return go

    def locked(self, depth: int) -> Any:
        nodes, width = [self.attempt(depth) for _ in range(3)], 1 + self.dice.below(2)

        async def go() -> Any:
            semaphore, lock = self.a.Semaphore(width), self.a.Lock()
            most = inside = 0

            async def one(node: Any) -> Any:
                nonlocal most, inside
                async with semaphore:
                    inside += 1
                    most = max(most, inside)
                    try:
                        value = await node()
                    finally:
                        inside -= 1
                    async with lock:
                        return value

            return [await self.a.gather(*map(one, nodes)), most <= width]

        return go

    def evented(self, depth: int) -> Any:
        node = self.attempt(depth)

        async def go() -> Any:
            event, condition = self.a.Event(), self.a.Condition()
            ready = False

            async def one() -> str:
                await event.wait()
                async with condition:
                    await condition.wait_for(lambda: ready)
                return "ready"

            async with self.a.TaskGroup() as group:
                tasks = [group.create_task(one()) for _ in range(2)]
                await node()
                event.set()
                await node()
                async with condition:
                    ready = True
                    condition.notify_all()
            return [t.result() for t in tasks]

        return go

    def cleaning(self, depth: int) -> Any:
        node, last = self.make(depth), self.attempt(depth - 1)

        async def go() -> Any:
            try:
                return await node()
            finally:
                await last()

        return go

    async def whole(self, node: Any) -> Any:
        """The program."""
        try:
            return await node()
        except BaseExceptionGroup as error:
            return sorted(map(shown, error.exceptions))
        except Exception as error:
            return shown(error)


def random_trace(seed: int) -> list[str]:
    """The trace of one random program."""
    stage = make_stage(seed)
    play = Play(seed, aio, stage.step, stage.mark)
    return _end(stage, stage.play(play.whole(play.make())))


def named_trace(name: str, seed: int) -> list[str]:
    """The trace of one of the programs above."""
    stage = make_stage(seed)
    return _end(stage, stage.play(PROGRAMS[name](stage)))


def _end(stage: Stage, root: asyncio.Task[Any]) -> list[str]:
    stage.trace.append(outcome_of(root))
    stage.trace += [f"callback raised {shown(e)}" for e, _ in stage.callback_errors]
    stage.trace += [f"unread {t!r}" for t in stage.unretrieved()]
    trace = list(stage.trace)
    stage.drop()
    return trace


def digest(traces: list[list[str]]) -> str:
    """A short name for traces."""
    return hashlib.sha256(json.dumps(traces).encode()).hexdigest()[:16]


def digests() -> dict[str, str]:
    """The digest of every program, and of blocks of random ones."""
    found = {n: digest([named_trace(n, seed) for seed in range(10)]) for n in PROGRAMS}
    for start in range(0, RANDOM_PROGRAMS, RANDOM_BLOCK):
        block = range(start, start + RANDOM_BLOCK)
        found[f"random {start}"] = digest([random_trace(seed) for seed in block])
    return found


def main() -> int:
    """Print the digests, and whether they are those on file."""
    found = digests()
    text = json.dumps(found, indent=1) + "\n"
    if "--write" in sys.argv:
        GOLDEN.write_text(text)
    sys.stdout.write(text)
    return 0 if json.loads(GOLDEN.read_text()) == found else 1


if __name__ == "__main__":
    sys.exit(main())
