"""Making tasks and passing time."""

from __future__ import annotations

import asyncio
import math

import pytest

from wfx import aio
from wfx.errors import Violation
from wfx.loop import current_scope


@pytest.mark.parametrize("delay", [0, -1, -math.inf])
def test_a_sleep_of_nothing_is_one_turn_and_no_wait(stage, play, delay):
    """The other task runs once in between; no wait is requested, no clock read."""
    order = []

    async def main():
        task = aio.create_task(other())
        order.append("before")
        assert await aio.sleep(delay, "value") == "value"
        order.append("after")
        await task

    async def other():
        order.append("other")

    play(main())
    assert order == ["before", "other", "after"]
    assert stage.trace == []
    assert stage.readings == 0


def test_a_sleep_is_one_wait_of_exactly_its_delay(stage, play):
    """No clock is read for it."""

    async def main():
        return await aio.sleep(3600.25, "value")

    assert play(main()) == "value"
    assert stage.trace == ["#0 wait 0: 3600250000", "deliver wait 0"]
    assert stage.readings == 0


def test_a_cancelled_sleep_cancels_its_wait(stage, play):
    """Once, and the sleeper gets CancelledError."""

    async def main():
        task = aio.create_task(aio.sleep(5))
        await aio.sleep(0)
        task.cancel("why")
        with pytest.raises(aio.CancelledError, match="why"):
            await task

    play(main())
    assert stage.trace == ["0#0 wait 0: 5000000", "cancel wait 0"]


def test_a_sleep_of_nan_is_refused(play):
    """As an ordinary ValueError."""

    async def main():
        with pytest.raises(ValueError, match="NaN"):
            await aio.sleep(math.nan)

    play(main())


def test_a_sleep_for_ever_waits_for_nothing(stage):
    """No durable wait is requested, and nothing ends it."""

    async def main():
        await aio.sleep(math.inf)

    assert not stage.play(main()).done()
    assert stage.trace == []


def test_tasks_have_serial_names_hashes_and_scopes(play):
    """None of them depends on the process."""

    async def main():
        one, two = aio.create_task(child()), aio.create_task(child(), name="two")
        shown = [repr(t) for t in (one, two, aio.current_task())]
        return shown, [hash(one) < hash(two), one.get_name()], await aio.gather(one, two)

    async def child():
        return current_scope().path

    assert play(main()) == (
        ["<Task 'Task-2' pending>", "<Task 'two' pending>", "<Task 'Task-1' pending>"],
        [True, "Task-2"],
        ["0", "1"],
    )


def test_ensure_future_takes_futures_coroutines_and_awaitables(play):
    """And nothing else."""

    class Awaitable:
        def __await__(self):
            yield
            return "awaited"

    async def main():
        future = asyncio.get_running_loop().create_future()
        assert aio.ensure_future(future) is future
        with pytest.raises(TypeError, match="got int"):
            aio.ensure_future(3)
        return await aio.ensure_future(Awaitable())

    assert play(main()) == "awaited"


def test_a_task_is_an_asyncio_task(play):
    """For code that looks at types."""

    async def main():
        task = aio.current_task()
        return isinstance(task, asyncio.Task), task is asyncio.current_task(), aio.isfuture(task)

    assert play(main()) == (True, True, True)


@pytest.mark.parametrize("name", sorted(aio.REFUSED))
def test_what_needs_the_outside_is_a_violation_that_says_what_to_do(stage, name):
    """The loop stops at once, whatever the workflow catches."""

    async def main():
        try:
            getattr(aio, name)(None)
        except BaseException:
            stage.trace.append("caught")
        await aio.sleep(0)
        stage.trace.append("went on")

    with pytest.raises(Violation, match=rf"`asyncio\.{name}` cannot be used") as caught:
        stage.play(main())
    assert aio.REFUSED[name] in str(caught.value)
    assert stage.trace == ["caught"]


def test_other_names_do_not_exist():
    """As in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = aio.nonsense
