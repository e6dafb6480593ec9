"""Step bodies in this process: each ends once, whatever ends it, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator

from wfx import step
from wfx.events import StepCompleted, StepRetrying
from wfx.memory import MemoryWorld
from wfx.workers.blocking import LoopWatch
from wfx.workers.bodies import Bodies
from wfx.workers.runner import Begin

RUN = "wrun_1"
marked: ContextVar[str] = ContextVar("marked", default="nobody's")


class Bench:
    """Bodies of one step, and what is told of them."""

    def __init__(self, body: Any, on_end: Callable[[], None] = lambda: None) -> None:
        self.told: list[BaseException | None] = []
        self.name = body.spec.name
        self.bodies = Bodies(
            MemoryWorld(),
            {body.spec.name: body.spec},
            slots=4,
            queues=None,
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            on_end=lambda raised: (self.told.append(raised), on_end())[0],
        )

    def begin(self, number: int = 0) -> None:
        """Begin an attempt."""
        assert self.bodies.take_slots(self.name, "default", 1) == 1
        id = f"step_{number}"
        begin = Begin(id, (id, 1), 1, 0, self.name, [], {})
        self.bodies.begin(RUN, begin, asyncio.get_running_loop())

    def outcomes(self) -> list[Any]:
        """What became of those that ended."""
        return [ended.outcome for ended in self.bodies.take_ended()]

    async def until_over(self) -> None:
        """Let the loop turn until no body executes."""
        for _ in range(100):
            await asyncio.sleep(0)
            if not self.bodies.running:
                return
        pytest.fail("a body did not end")

    def is_empty(self) -> bool:
        """Whether all slots are free and nothing is kept of any body."""
        bodies = self.bodies
        return (bodies.running, bodies.count(RUN), bodies.free) == (0, 0, bodies.slots)


@step(name="t:waits")
async def waits() -> None:
    """Does not end by itself."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("turns", [0, 1, 3])
@pytest.mark.parametrize("by_name", [True, False])
def test_a_body_that_is_cancelled_ends_once_whether_it_had_begun_or_not(
    turns: int, by_name: bool
) -> None:
    """Nothing happened that the log should know. Somebody may also cancel all tasks there are."""
    bench = Bench(waits)

    async def main() -> None:
        bench.begin()
        for _ in range(turns):
            await asyncio.sleep(0)
        if by_name:
            bench.bodies.cancel_step("step_0")
        else:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
        await bench.until_over()

    asyncio.run(main())
    assert (bench.outcomes(), bench.told) == ([None], [None])
    assert bench.is_empty()


def test_a_body_that_is_cancelled_as_it_ends_ends_once() -> None:
    """Its outcome is there: the cancel is too late."""

    @step(name="t:ends")
    async def ends() -> str:
        asyncio.get_running_loop().call_soon(bench.bodies.cancel_step, "step_0")
        return "ended"

    bench = Bench(ends)

    async def main() -> None:
        bench.begin()
        await bench.until_over()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert (bench.outcomes(), bench.told) == ([StepCompleted(result="ended")], [None])
    assert bench.is_empty()


def test_what_a_body_sets_in_its_context_nobody_else_sees() -> None:
    """Neither the worker, which is told of its end, nor the bodies that it begins then."""
    seen: list[str] = []

    @step(name="t:marks")
    async def marks() -> None:
        seen.append(marked.get())
        marked.set("a body's")

    def ended() -> None:
        seen.append(marked.get())
        if len(seen) < 6:
            bench.begin(len(seen))

    bench = Bench(marks, ended)

    async def main() -> None:
        marked.set("the worker's")
        bench.begin()
        await bench.until_over()

    asyncio.run(main())
    assert seen == ["the worker's"] * 6
    assert len(bench.outcomes()) == 3
    assert bench.is_empty()


def test_what_the_worker_does_when_a_body_ends_is_not_the_bodys() -> None:
    """A commit that takes long is not said to be a step that blocks the loop."""
    watch, blocked = LoopWatch(), []

    @step(name="t:quick")
    async def quick() -> None:
        watch.look(asyncio.get_running_loop())
        blocked.append(watch.look(asyncio.get_running_loop()))

    bench = Bench(quick, lambda: blocked.append(watch.look(asyncio.get_running_loop())))

    async def main() -> None:
        bench.begin()
        await bench.until_over()

    asyncio.run(main())
    assert blocked == ["t:quick", None]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio has no eager tasks before 3.12")
@pytest.mark.parametrize("pauses", [0, 1])
def test_on_a_loop_with_eager_tasks_bodies_end_as_on_others(pauses: int) -> None:
    """One that never waits is over before its task is made; the worker is told outside of that."""
    inside: list[bool] = []
    beginning = False

    @step(name="t:eager")
    async def eager() -> int:
        for _ in range(pauses):
            await asyncio.sleep(0)
        return 1

    bench = Bench(eager, lambda: inside.append(beginning))

    async def main() -> None:
        nonlocal beginning
        factory: Any = getattr(asyncio, "eager_task_factory")  # noqa: B009 (none on 3.11)
        asyncio.get_running_loop().set_task_factory(factory)
        for number in range(3):
            beginning = True
            bench.begin(number)
            beginning = False
        await bench.until_over()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert bench.outcomes() == [StepCompleted(result=1)] * 3
    assert (bench.told, inside) == ([None] * 3, [False] * 3)
    assert bench.is_empty()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio has no eager tasks before 3.12")
def test_what_an_eager_body_sets_in_its_context_the_worker_does_not_see() -> None:
    """Also when it is over before its task is made."""
    seen: list[str] = []

    @step(name="t:marks")
    async def marks() -> None:
        marked.set("a body's")

    bench = Bench(marks, lambda: seen.append(marked.get()))

    async def main() -> None:
        factory: Any = getattr(asyncio, "eager_task_factory")  # noqa: B009 (none on 3.11)
        asyncio.get_running_loop().set_task_factory(factory)
        marked.set("the worker's")
        bench.begin()
        await bench.until_over()

    asyncio.run(main())
    assert seen == ["the worker's"]


def test_a_keyboard_interrupt_in_a_body_ends_the_loop_and_is_told_once() -> None:
    """Nothing says beside that that nobody has looked at it."""
    beside: list[Any] = []

    @step(name="t:interrupted")
    async def interrupted() -> None:
        raise KeyboardInterrupt

    bench = Bench(interrupted)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: beside.append(told))
        bench.begin()
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    told = [type(error) for error in bench.told]
    bench.told.clear()
    gc.collect()
    assert (told, bench.outcomes(), beside) == ([KeyboardInterrupt], [None], [])
    assert bench.is_empty()


def test_a_generator_exit_of_what_a_body_awaits_is_the_bodys_failure() -> None:
    """Though it closes whoever waits, instead of being handed on."""

    async def exits() -> None:
        raise GeneratorExit("child")

    @step(name="t:parent")
    async def parent() -> None:
        await asyncio.create_task(exits())

    bench = Bench(parent)

    async def main() -> None:
        bench.begin()
        await bench.until_over()

    asyncio.run(main())
    (outcome,) = bench.outcomes()
    assert isinstance(outcome, StepRetrying)
    assert outcome.error["message"] == "child"
    assert bench.told == [None]
    assert bench.is_empty()


def test_a_body_that_is_thrown_away_with_its_loop_is_told_to_nobody() -> None:
    """Not even where the collector finds it inside of another loop."""
    bench, loop = Bench(waits), asyncio.new_event_loop()

    async def begin() -> None:
        bench.begin()
        await asyncio.sleep(0)

    async def elsewhere() -> None:
        execution = bench.bodies._tasks()[0].get_coro()
        assert execution is not None
        with pytest.raises(ValueError, match="Context"):  # of another one it cannot be ended
            execution.close()
        await asyncio.sleep(0)

    loop.set_exception_handler(lambda *_: None)  # it says that its task was destroyed
    loop.run_until_complete(begin())
    loop.close()
    asyncio.run(elsewhere())
    assert (bench.told, bench.outcomes()) == ([], [])


class Odd(BaseException):
    """Nothing that `except Exception` catches."""


def refuse(_: int) -> int:
    """A validator."""
    raise Odd


def test_whatever_a_result_raises_when_it_is_checked_is_told() -> None:
    """Also what is no Exception: else its claim would be extended for ever."""

    @step(name="t:odd")
    async def odd() -> Annotated[int, AfterValidator(refuse)]:
        return 1

    bench = Bench(odd)

    async def main() -> None:
        bench.begin()
        await bench.until_over()

    asyncio.run(main())
    assert [type(error) for error in bench.told] == [Odd]
    assert bench.outcomes() == [None]
    assert bench.is_empty()


def test_an_error_of_the_machinery_is_told() -> None:
    """It is nothing of the body's."""

    @step(name="t:body")
    async def body() -> None:
        """Nothing."""

    bench = Bench(body)

    async def main() -> None:
        bench.begin()
        bench.bodies.specs = {}
        await bench.until_over()

    asyncio.run(main())
    assert bench.outcomes() == [None]
    assert [type(error) for error in bench.told] == [KeyError]
    assert bench.is_empty()
