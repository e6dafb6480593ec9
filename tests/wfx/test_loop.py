"""The deterministic loop: turns, scopes, timers, errors, ends."""

from __future__ import annotations

import asyncio
import gc
import math
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from wfx import aio
from wfx.errors import Dropped, Violation
from wfx.loop import DeterministicLoop, Future, Scope, Task, current_scope, to_delay_us


class Waits:
    """Timers with a clock that stands still between waits."""

    def __init__(self) -> None:
        self.now_us = 0
        self.readings = 0
        self.log: list[str] = []
        self.open: dict[int, tuple[int, Callable[[], None]]] = {}

    def monotonic_us(self) -> int:
        self.readings += 1
        return self.now_us

    def start(self, delay_us: int, fire: Callable[[], None]) -> int:
        token = len(self.log)
        self.log.append(f"start {current_scope().path!r} {delay_us}")
        self.open[token] = (self.now_us + delay_us, fire)
        return token

    def cancel(self, token: Any) -> None:
        del self.open[token]
        self.log.append(f"cancel {token}")

    def due_us(self, token: Any) -> int:
        return self.open[token][0]

    def fire(self) -> None:
        due, token = min((due, token) for token, (due, _) in self.open.items())
        self.now_us = due
        self.open.pop(token)[1]()


@pytest.fixture
def waits() -> Waits:
    """Fake timers."""
    return Waits()


@pytest.fixture
def loop(waits: Waits):
    """A loop on them."""
    loop = DeterministicLoop(waits)
    yield loop
    loop.drop()


def play(loop: DeterministicLoop, coroutine: Any) -> Any:
    """Run it to its end."""
    root = loop.start(coroutine)
    loop.run_until_quiescent()
    while not root.done() and loop.timers.open:
        loop.timers.fire()
        loop.run_until_quiescent()
    return root.result()


# -- scopes -------------------------------------------------------------------------------


def test_a_scope_counts_its_children_and_its_ordinals() -> None:
    """Each by itself."""
    root = Scope()
    one, two = root.child(), root.child()
    assert [s.path for s in (root, one, two, one.child(), two.child())] == [
        "",
        "0",
        "1",
        "0.0",
        "1.0",
    ]
    assert [root.next_ordinal(), root.next_ordinal(), one.next_ordinal()] == [0, 1, 0]


def test_work_of_a_callback_belongs_to_whoever_registered_it(loop, waits) -> None:
    """By call_soon, call_later, add_done_callback; whoever makes it run has no part in it."""
    seen = []

    def note(what: str, *_: Any) -> None:
        seen.append((what, current_scope().path))

    async def registers(future: asyncio.Future[None]) -> None:
        loop.call_soon(note, "soon")
        loop.call_later(5, note, "later")
        future.add_done_callback(lambda _: note("done"))
        await aio.sleep(10)

    async def main() -> None:
        future = loop.create_future()
        tasks = [aio.create_task(registers(future)) for _ in range(2)]
        await aio.sleep(1)
        future.set_result(None)
        await aio.wait(tasks)

    play(loop, main())
    assert seen == [
        *(("soon", "0"), ("soon", "1")),
        *(("done", "0"), ("done", "1")),
        *(("later", "0"), ("later", "1")),
    ]


def test_a_task_made_in_a_callback_is_a_child_of_the_one_who_registered_it(loop) -> None:
    """And its own children are below it."""
    seen = []

    async def child() -> None:
        seen.append(current_scope().path)
        if len(seen) < 3:
            await aio.create_task(child())

    async def main() -> None:
        aio.create_task(aio.sleep(0)).add_done_callback(lambda _: aio.create_task(child()))
        await aio.sleep(1)

    play(loop, main())
    assert seen == ["1", "1.0", "1.0.0"]


def test_outside_of_a_run_there_is_no_scope() -> None:
    """It says so."""
    with pytest.raises(RuntimeError, match="no scope outside of a run"):
        current_scope()


def test_what_comes_from_outside_runs_in_the_scope_it_is_given(loop) -> None:
    """What a callback creates belongs to the scope whose context it is called in."""
    seen = []
    scope = loop.root_scope.child().child()
    loop.call_soon(lambda: seen.append(current_scope()), context=scope.context)
    loop.run_until_quiescent()
    assert seen == [scope]


def test_context_variables_belong_to_tasks(loop) -> None:
    """A child sees what its parent set before; nobody sees the host's."""
    variable: ContextVar[str] = ContextVar("variable", default="default")
    variable.set("host")
    seen = []

    async def child(value: str) -> None:
        seen.append(variable.get())
        variable.set(value)
        await aio.sleep(0)
        seen.append(variable.get())

    async def main() -> None:
        seen.append(variable.get())
        variable.set("main")
        await aio.gather(child("a"), child("b"))
        seen.append(variable.get())

    play(loop, main())
    assert seen == ["default", "main", "main", "a", "b", "main"]


# -- tasks and futures --------------------------------------------------------------------


def test_hashes_and_reprs_are_the_same_in_every_run() -> None:
    """Serial numbers instead of addresses."""

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in range(3)]
        tasks = [aio.create_task(aio.sleep(0)) for _ in range(3)]
        handle = loop.call_soon(print_nothing)
        timer = loop.call_later(5, print_nothing)
        timer.cancel()
        seen = [hash(x) for x in (futures[2], tasks[1], futures[0], handle, timer)]
        futures[0].set_result(1)
        futures[1].cancel()
        await aio.wait(tasks)
        return [*seen, *map(repr, [*futures, *tasks[:1], handle, timer, loop])]

    def print_nothing() -> None: ...

    runs = [play(DeterministicLoop(Waits()), main()) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0][5:] == [
        "<Future finished>",
        "<Future cancelled>",
        "<Future pending>",
        "<Task 'Task-2' finished>",
        "<Handle>",
        "<TimerHandle cancelled>",
        "<DeterministicLoop>",
    ]


def test_futures_and_tasks_are_asyncios_by_type(loop) -> None:
    """For code that looks."""

    async def main() -> None:
        assert isinstance(loop.create_future(), asyncio.Future)
        assert isinstance(loop.create_future(), Future)
        assert isinstance(asyncio.current_task(), asyncio.Task)
        assert isinstance(asyncio.current_task(), Task)
        assert asyncio.get_running_loop() is loop
        assert loop.is_running()
        assert not loop.is_closed()
        assert not loop.get_debug()

    play(loop, main())
    assert not loop.is_running()


def test_a_task_can_be_cancelled_before_its_first_turn(loop) -> None:
    """Its coroutine never starts."""
    started = []

    async def child() -> None:
        started.append(1)

    async def main() -> None:
        task = aio.create_task(child())
        assert task.cancel("why")
        with pytest.raises(asyncio.CancelledError, match="why"):
            await task
        assert not task.cancel()

    play(loop, main())
    assert started == []


def test_a_cancellation_waits_for_the_next_await(loop) -> None:
    """A task that cancels itself goes on until then, and is cancelled if there is none."""

    async def returns() -> str:
        asyncio.current_task().cancel()
        return "value"

    async def awaits() -> str:
        asyncio.current_task().cancel()
        try:
            await loop.create_future()
        except asyncio.CancelledError:
            return "caught"

    async def main() -> list[Any]:
        tasks = [aio.create_task(returns()), aio.create_task(awaits())]
        await aio.wait(tasks)
        return [tasks[0].cancelled(), tasks[1].result()]

    assert play(loop, main()) == [True, "caught"]


def test_a_request_to_cancel_that_is_taken_back_has_no_effect(loop) -> None:
    """As in Python 3.13, on every version."""

    async def main() -> str:
        task = asyncio.current_task()
        task.cancel()
        task.cancel()
        assert [task.cancelling(), task.uncancel(), task.uncancel(), task.uncancel()] == [
            *(2, 1, 0, 0)
        ]
        await aio.sleep(0)
        return "went on"

    assert play(loop, main()) == "went on"


def test_awaiting_nonsense_is_an_error_in_the_task(loop) -> None:
    """Named, and catchable."""

    class Yields:
        def __init__(self, value: Any) -> None:
            self.value = value

        def __await__(self):
            yield self.value

    foreign = asyncio.Future(loop=DeterministicLoop(Waits()))

    async def main() -> list[str]:
        texts = []
        for value in (3, loop.create_future(), asyncio.current_task()):
            try:
                await Yields(value)
            except RuntimeError as error:
                texts.append(str(error))
        for awaitable in (asyncio.current_task(), foreign):
            try:
                await awaitable
            except RuntimeError as error:
                texts.append(str(error))
        return texts

    assert play(loop, main()) == [
        "Task-1 yielded int, which is no future",
        "Task-1 used `yield` for a future; use `await`",
        "Task-1 used `yield` for a future; use `await`",
        "Task-1 cannot await itself",
        "Task-1 awaits a future that belongs to another event loop",
    ]


def test_system_exit_stays_in_its_task(loop) -> None:
    """The worker does not end."""

    async def main() -> None:
        raise SystemExit(3)

    root = loop.start(main())
    loop.run_until_quiescent()
    assert isinstance(root.exception(), SystemExit)


def test_ctrl_c_comes_out(loop) -> None:
    """And the loop is finished with."""

    async def main() -> None:
        raise KeyboardInterrupt

    loop.start(main())
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_quiescent()


# -- timers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delay", "us"),
    [
        (1, 1_000_000),
        (0.1, 100_000),
        (0.0000005, 0),
        (0.0000015, 2),
        (0.0000025, 2),
        (-1, -1_000_000),
        (math.inf, None),
        (-math.inf, 0),
        (sys.maxsize, None),
        (86400 * 365, 31_536_000_000_000),
    ],
)
def test_a_delay_is_whole_microseconds_half_to_even(delay: float, us: int | None) -> None:
    """A thousand years and more are never."""
    assert to_delay_us(delay) == us


def test_call_later_passes_its_delay_on_and_reads_no_clock(loop, waits) -> None:
    """Each in the scope of whoever calls; a delay of none is call_soon."""
    seen = []

    async def main() -> None:
        handles = [loop.call_later(n, seen.append, n) for n in (3, 1, 0, -1, math.inf)]
        assert [h.when() for h in handles if h.when() > 0] == [3.0, 1.0, math.inf]
        with pytest.raises(ValueError, match="NaN"):
            loop.call_later(math.nan, seen.append, 0)
        await aio.sleep(5)

    play(loop, main())
    assert seen == [0, -1, 1, 3]
    assert waits.log == ["start '' 3000000", "start '' 1000000", "start '' 5000000"]


def test_call_at_makes_a_delay_of_a_moment(loop, waits) -> None:
    """With one clock reading; the past is call_soon."""
    seen = []

    async def main() -> None:
        await aio.sleep(2)
        later = loop.call_at(5, seen.append, "at 5")
        loop.call_at(1, seen.append, "at 1")
        assert later.when() == 5
        assert waits.readings == 2
        assert loop.time() == 2
        await aio.sleep(10)

    play(loop, main())
    assert seen == ["at 1", "at 5"]
    assert waits.log[1] == "start '' 3000000"


def test_a_timer_is_cancelled_once_and_only_before_it_fires(loop, waits) -> None:
    """One that has fired and not run yet does not run, and its wait is over."""
    seen = []

    async def main() -> None:
        one = loop.call_later(5, seen.append, "one")
        one.cancel()
        one.cancel()
        assert one.cancelled()
        two = loop.call_later(1, seen.append, "two")
        await aio.sleep(1)
        two.cancel()
        three = loop.call_later(2, seen.append, "three")
        loop.call_later(1, three.cancel)
        await aio.sleep(5)

    play(loop, main())
    assert seen == ["two"]
    assert [line for line in waits.log if "cancel" in line] == ["cancel 0", "cancel 4"]


def test_a_timer_that_fired_can_still_be_stopped_in_that_activation(loop, waits) -> None:
    """Its wait is not cancelled: it has ended."""
    seen = []
    handle = None

    async def main() -> None:
        nonlocal handle
        handle = loop.call_later(1, seen.append, "never")
        await aio.sleep(5)

    loop.start(main())
    loop.run_until_quiescent()
    waits.fire()
    handle.cancel()
    loop.run_until_quiescent()
    assert seen == []
    assert handle.when() == 1.0
    assert not any("cancel" in line for line in waits.log)


# -- errors -------------------------------------------------------------------------------


def test_what_callbacks_raise_is_kept(loop) -> None:
    """The others go on."""
    seen = []

    def raises() -> None:
        raise KeyError(1)

    async def main() -> None:
        loop.call_soon(raises)
        loop.call_soon(seen.append, 1)
        loop.call_exception_handler({"message": "noted"})
        await aio.sleep(0)

    play(loop, main())
    assert seen == [1]
    assert [(type(e), text) for e, text in loop.callback_errors] == [
        (RuntimeError, "noted"),
        (KeyError, "a callback raised"),
    ]


def test_unread_exceptions_of_tasks_are_known_at_the_end(loop, capfd) -> None:
    """In the order of creation, however many there were; nothing is logged."""

    async def fail(after: float) -> None:
        await aio.sleep(after)
        raise KeyError(after)

    async def main() -> None:
        one, two = aio.create_task(fail(3)), aio.create_task(fail(1))
        for _ in range(200):
            await aio.gather(fail(0), return_exceptions=True)
        aio.create_task(fail(2))
        await aio.gather(one, return_exceptions=True)
        del one, two

    play(loop, main())
    assert [t.get_name() for t in loop.unretrieved()] == ["Task-3", "Task-204"]
    loop.drop()
    gc.collect()
    assert capfd.readouterr() == ("", "")


def test_a_condemned_loop_stops_before_the_next_turn_and_for_good(loop) -> None:
    """Whatever the workflow catches."""
    seen = []
    violation = Violation("no")

    async def main() -> None:
        loop.call_soon(seen.append, "next")
        try:
            loop.condemn(violation)
            loop.condemn(Violation("another"))
            raise violation
        except BaseException:
            seen.append("caught")
        await aio.sleep(0)

    loop.start(main())
    for _ in range(2):
        with pytest.raises(Violation) as caught:
            loop.run_until_quiescent()
        assert caught.value is violation
    assert seen == ["caught"]


@pytest.mark.parametrize("in_callback", [False, True])
def test_a_violation_that_is_raised_condemns_the_loop(loop, in_callback: bool) -> None:
    """In a task or a callback, without anybody calling condemn."""
    seen = []

    def violate() -> None:
        raise Violation("no")

    async def child() -> None:
        violate()

    async def main() -> None:
        if in_callback:
            loop.call_soon(violate)
        else:
            aio.create_task(child())
        try:
            await aio.sleep(5)
        finally:
            seen.append("cleanup")

    loop.start(main())
    with pytest.raises(Violation, match="no"):
        loop.run_until_quiescent()
    assert seen == []


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("run_in_executor", "Mark the function @step and await it"),
        ("create_connection", "Do this in a step."),
        ("subprocess_exec", "Do this in a step."),
        ("add_signal_handler", "wait for a hook"),
        ("call_soon_threadsafe", "inside a step"),
        ("run_forever", "use `await`"),
        ("stop", "use `await`"),
        ("set_task_factory", "asyncio.create_task"),
    ],
)
def test_what_a_workflow_cannot_do_is_refused_by_name_with_a_remedy(loop, name, remedy) -> None:
    """As a violation."""

    async def main() -> None:
        getattr(loop, name)(1, 2)

    loop.start(main())
    with pytest.raises(Violation) as caught:
        loop.run_until_quiescent()
    assert f"`loop.{name}()`" in str(caught.value)
    assert remedy in str(caught.value)


def test_every_public_method_of_an_event_loop_works_or_is_refused() -> None:
    """None is asyncio's NotImplementedError without a text."""
    ours = vars(DeterministicLoop)
    names = [n for n in vars(asyncio.AbstractEventLoop) if not n.startswith("_")]
    assert [n for n in names if n not in ours] == []


def test_to_thread_is_refused(loop) -> None:
    """Through the loop, also for those who have the real asyncio."""

    async def main() -> None:
        await asyncio.to_thread(print)

    loop.start(main())
    with pytest.raises(Violation, match="run_in_executor"):
        loop.run_until_quiescent()


def test_the_owner_says_how_things_are_refused(waits) -> None:
    """And gets the sentence."""

    def refuse(text: str):
        raise KeyError(text)

    loop = DeterministicLoop(waits, refuse=refuse)

    async def main() -> None:
        loop.stop()

    root = loop.start(main())
    loop.run_until_quiescent()
    assert "`loop.stop()`" in root.exception().args[0]


def test_turns_without_end_are_refused(waits) -> None:
    """The count is per run until quiescence."""
    loop = DeterministicLoop(waits, turns_max=1000)

    async def spins(n: int) -> None:
        while n:
            await aio.sleep(0)
            n -= 1

    async def main() -> None:
        for _ in range(3):
            await spins(900)
            await aio.sleep(1)
        await spins(-1)

    loop.start(main())
    loop.run_until_quiescent()
    for _ in range(2):
        waits.fire()
        loop.run_until_quiescent()
    waits.fire()
    with pytest.raises(Violation, match="took 1,000 turns without waiting"):
        loop.run_until_quiescent()
    loop.drop()


# -- ends ---------------------------------------------------------------------------------


def test_when_the_root_returns_what_it_left_is_cancelled_and_awaited(loop, waits) -> None:
    """In the order of creation, also what is made meanwhile; then the root is done."""
    seen = []

    async def child(name: str) -> None:
        try:
            await aio.sleep(50)
        finally:
            seen.append(name)
            await aio.sleep(1)
            seen.append(f"{name} cleaned")
            if len(name) == 1:
                aio.create_task(child(name * 2))
                await aio.sleep(0)

    async def main() -> str:
        for name in "abc":
            aio.create_task(child(name))
        await aio.sleep(0)
        return "result"

    assert play(loop, main()) == "result"
    assert seen == [
        *("a", "b", "c", "a cleaned", "b cleaned", "c cleaned"),
        *("aa", "bb", "cc", "aa cleaned", "bb cleaned", "cc cleaned"),
    ]
    assert loop.live_tasks() == []


@pytest.mark.parametrize("error", [KeyError, asyncio.CancelledError, SystemExit])
def test_a_root_that_fails_is_wound_up_as_well(loop, error) -> None:
    """And keeps its exception; nobody can cancel it any more."""
    ended = []

    async def child(root: asyncio.Task[Any]) -> None:
        try:
            await aio.sleep(50)
        finally:
            root.cancel()
            await aio.sleep(5)
            ended.append(1)

    async def main() -> None:
        aio.create_task(child(asyncio.current_task()))
        await aio.sleep(0)
        raise error

    with pytest.raises(error):
        play(loop, main())
    assert ended == [1]


def test_async_generators_are_closed_at_the_end_in_the_order_they_began(loop) -> None:
    """Not when the collector finds them; those that ended are not kept."""
    seen = []

    async def numbers(name: str):
        try:
            yield 1
            yield 2
        finally:
            await aio.sleep(1)
            seen.append(name)

    async def main() -> None:
        for name in "abc":
            async for _ in numbers(name):
                break
        for _ in range(500):
            async for _ in numbers("whole"):
                pass
        gc.collect()
        await aio.sleep(1)
        assert len(loop._generators) < 200
        assert seen == ["whole"] * 500
        seen.clear()

    play(loop, main())
    assert seen == ["a", "b", "c"]
    assert loop.callback_errors == []


def test_an_async_generator_that_fails_to_close_is_told(loop) -> None:
    """Among the errors nobody else hears of."""

    async def numbers():
        try:
            yield 1
        finally:
            raise KeyError(1)

    async def main() -> None:
        async for _ in numbers():
            break

    play(loop, main())
    assert [(type(e), t) for e, t in loop.callback_errors] == [
        (KeyError, "closing an async generator raised")
    ]


def test_the_loop_can_be_driven_from_a_task_of_another_loop(loop) -> None:
    """Which finds itself unchanged afterwards."""

    async def main() -> Any:
        assert asyncio.get_running_loop() is loop
        return asyncio.current_task().get_name()

    async def host() -> None:
        task, host_loop = asyncio.current_task(), asyncio.get_running_loop()
        hooks = sys.get_asyncgen_hooks()
        assert play(loop, main()) == "Task-1"
        assert asyncio.current_task() is task
        assert asyncio.get_running_loop() is host_loop
        assert sys.get_asyncgen_hooks() == hooks
        await asyncio.sleep(0)

    asyncio.run(host())


# -- dropping -----------------------------------------------------------------------------


def test_a_dropped_loop_refuses_every_call(loop, waits) -> None:
    """And coroutines that are given to it are closed."""

    async def main() -> None:
        await aio.sleep(5)

    loop.start(main())
    loop.run_until_quiescent()
    loop.drop()
    loop.drop()
    coroutine = main()
    for call in (
        loop.create_future,
        lambda: loop.create_task(coroutine),
        lambda: loop.call_soon(print),
        lambda: loop.call_later(1, print),
        lambda: loop.call_at(1, print),
        lambda: loop.call_soon(print, context=Scope().context),
        loop.time,
        loop.run_until_quiescent,
        loop.stop,
    ):
        with pytest.raises(Dropped):
            call()
    assert coroutine.cr_frame is None
    assert loop.is_closed()
    waits.fire()
    assert waits.log == ["start '' 5000000"]


def test_a_loop_cannot_be_dropped_from_inside(loop) -> None:
    """It says what to do."""

    async def main() -> None:
        with pytest.raises(RuntimeError, match="condemn it instead"):
            loop.drop()

    play(loop, main())


def test_what_dies_with_a_run_reaches_nothing(loop, waits) -> None:
    """Every call in a `finally` raises Dropped; no wait is started or cancelled."""
    seen = []

    def tried(call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as error:
            seen.append(type(error).__name__)
            raise

    async def child(n: int) -> None:
        try:
            await (aio.sleep(5) if n % 2 else aio.wait_for(loop.create_future(), 5))
        finally:
            for call in (current_scope, loop.create_future, lambda: aio.create_task(child(n))):
                with pytest.raises(Dropped):
                    tried(call)
            await aio.sleep(1)
            seen.append("went on")

    async def main() -> None:
        async with aio.TaskGroup() as group:
            for n in range(4):
                group.create_task(child(n))

    loop.start(main())
    loop.run_until_quiescent()
    log = list(waits.log)
    loop.drop()
    assert seen == ["Dropped"] * 12
    assert waits.log == log


DYING = """
    import asyncio, gc
    from wfx import aio
    from wfx.loop import DeterministicLoop

    class Waits:
        def monotonic_us(self): return 0
        def start(self, delay_us, fire): return 1
        def cancel(self, token): print("cancelled a wait")
        def due_us(self, token): return 0

    async def never(): await asyncio.get_running_loop().create_future()
    async def step(n): await aio.sleep(n)

    async def swallows_everything():
        while True:
            try: await never()
            except BaseException: pass

    async def sleeps_for_ever():
        while True:
            try: await aio.sleep(1)
            except BaseException: pass

    async def awaits_in_finally():
        pending = asyncio.get_running_loop().create_future()
        try: await never()
        finally:
            try: await pending
            finally: await aio.sleep(0); print("went on")

    async def raises():
        try: await never()
        finally: raise KeyError("in finally")

    async def not_yet_awaited():
        coroutines = [step(n) for n in range(1, 5)]
        for c in coroutines: await c

    async def makes_tasks():
        try: await aio.gather(step(1), aio.shield(step(2)))
        finally: await aio.gather(step(3), step(4))

    async def numbers():
        try:
            yield 1
            await never()
        finally: await aio.sleep(1); print("went on")

    async def iterates():
        async for _ in numbers(): pass

    async def breaks():
        async for _ in numbers(): break
        await never()

    async def locks():
        condition = aio.Condition()
        async with condition:
            await condition.wait()

    async def fails(): raise KeyError("nobody reads this")

    async def main():
        kinds = [swallows_everything, sleeps_for_ever, awaits_in_finally, raises,
                 not_yet_awaited, makes_tasks, iterates, breaks, locks, fails]
        async with aio.timeout(5):
            tasks = [aio.create_task(kind()) for kind in kinds]
            late = [step(7)]
            await aio.wait(tasks)

    for _ in range(3):
        loop = DeterministicLoop(Waits())
        root = loop.start(main())
        loop.run_until_quiescent()
        aside = loop.create_task(step(8))  # Never had a turn.
        loop.drop()
        del loop, root, aside
        gc.collect()
    print("end")
"""


@pytest.mark.parametrize("options", [[], ["-X", "dev"]], ids=["plain", "dev"])
def test_a_run_dies_without_a_sound(options: list[str]) -> None:
    """No warning, no log, no output, whatever its coroutines do, until the process ends."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", textwrap.dedent(DYING)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)
