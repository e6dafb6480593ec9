"""timeout, timeout_at, wait_for."""

# ruff: noqa: PT012  # A block is what raises here.

from __future__ import annotations

import asyncio

import pytest

from wfx import aio
from wfx.loop import current_scope


def test_a_timeout_is_one_wait_of_exactly_its_delay_and_reads_no_clock(stage, play):
    """It is cancelled when the block is left in time."""

    async def main():
        async with aio.timeout(3600) as limit:
            pass
        return limit.expired()

    assert play(main()) is False
    assert stage.trace == ["#0 wait 0: 3600000000", "cancel wait 0"]
    assert stage.readings == 0


def test_a_timeout_that_is_over_raises_timeout_error(stage, play):
    """From the CancelledError it made; the task is not cancelled any more."""

    async def main():
        with pytest.raises(TimeoutError) as caught:
            async with aio.timeout(1) as limit:
                await aio.sleep(5)
        assert isinstance(caught.value.__cause__, aio.CancelledError)
        return limit.expired(), limit.when(), aio.current_task().cancelling()

    assert play(main()) == (True, 1.0, 0)


@pytest.mark.parametrize("delay", [0, -5])
def test_a_timeout_of_nothing_strikes_at_the_first_await(stage, play, delay):
    """Without a wait."""

    async def main():
        with pytest.raises(TimeoutError):
            async with aio.timeout(delay):
                await aio.sleep(5)
        async with aio.timeout(delay):
            pass

    play(main())
    assert stage.trace == ["#0 wait 0: 5000000", "cancel wait 0"]


def test_no_timeout_never_expires(stage, play):
    """None, and None at."""

    async def main():
        async with aio.timeout(None) as one, aio.timeout_at(None) as two:
            await aio.sleep(1)
        return one.when(), two.when()

    assert play(main()) == (None, None)
    assert stage.trace[0] == "#0 wait 0: 1000000"


def test_a_cancellation_from_outside_stays_one(play):
    """Also when the time is up in the same turn."""

    async def main():
        task = aio.create_task(child())
        await aio.sleep(1)
        task.cancel()
        await aio.wait([task])
        return task.cancelled()

    async def child():
        async with aio.timeout(1):
            await aio.sleep(10)

    assert play(main()) is True


def test_an_exception_of_the_block_goes_through_an_expired_timeout(play):
    """What the block made of the cancellation counts."""

    async def main():
        with pytest.raises(KeyError):
            async with aio.timeout(1) as limit:
                try:
                    await aio.sleep(5)
                finally:
                    raise KeyError
        return limit.expired(), aio.current_task().cancelling()

    assert play(main()) == (True, 0)


def test_the_outer_of_two_timeouts_expires_through_the_inner(play):
    """The inner one did not."""

    async def main():
        with pytest.raises(TimeoutError):
            async with aio.timeout(1) as outer, aio.timeout(2) as inner:
                await aio.sleep(5)
        return outer.expired(), inner.expired()

    assert play(main()) == (True, False)


def test_a_timeout_can_be_moved(stage, play):
    """By the loop's time; None is never; only while it runs."""

    async def main():
        limit = aio.timeout(5)
        with pytest.raises(RuntimeError, match="not been entered"):
            limit.reschedule(1)
        async with limit:
            limit.reschedule(limit.when() + 10)
            assert limit.when() == 15
            await aio.sleep(12)
            limit.reschedule(None)
            await aio.sleep(50)
        with pytest.raises(RuntimeError, match="is finished"):
            limit.reschedule(1)
        with pytest.raises(RuntimeError, match="already been entered"):
            await limit.__aenter__()
        with pytest.raises(TimeoutError):
            async with aio.timeout(None) as limit:
                limit.reschedule(asyncio.get_running_loop().time())
                await aio.sleep(5)

    play(main())


def test_timeout_at_is_a_moment_of_the_loop(stage, play):
    """One clock reading makes a delay of it."""

    async def main():
        await aio.sleep(3)
        async with aio.timeout_at(10) as limit:
            pass
        return limit.when()

    assert play(main()) == 10
    assert stage.readings == 1
    assert "#1 wait 1: 7000000" in stage.trace


def test_wait_for_runs_a_coroutine_in_the_task_that_waits(play):
    """So the scope of its steps is the same on every version."""

    async def main():
        return await aio.wait_for(scope(), 5), await aio.wait_for(scope(), None)

    async def scope():
        await aio.sleep(1)
        return current_scope().path

    assert play(main()) == ("", "")


def test_wait_for_cancels_what_is_late(play):
    """A task given to it as well; the TimeoutError comes when that has ended."""

    async def main():
        order = []
        task = aio.create_task(child(order))
        with pytest.raises(TimeoutError):
            await aio.wait_for(task, 1)
        return order, task.cancelled()

    async def child(order):
        try:
            await aio.sleep(5)
        finally:
            order.append("cleaned")

    assert play(main()) == (["cleaned"], True)


def test_wait_for_nothing_takes_only_what_is_done(play):
    """Else it is cancelled, and its end awaited."""

    async def main():
        task = aio.create_task(aio.sleep(0, "done"))
        await task
        assert await aio.wait_for(task, 0) == "done"
        started = []
        with pytest.raises(TimeoutError):
            await aio.wait_for(child(started), 0)
        stubborn = aio.create_task(refuses())
        await aio.sleep(0)
        return started, await aio.wait_for(stubborn, 0)

    async def child(started):
        started.append("started")

    async def refuses():
        try:
            await aio.sleep(5)
        except aio.CancelledError:
            return "refused"

    assert play(main()) == ([], "refused")


def test_a_cancelled_wait_for_cancels_what_it_waits_for(play):
    """And is cancelled itself."""

    async def main():
        inner = aio.create_task(aio.sleep(50))
        outer = aio.create_task(aio.wait_for(inner, 100))
        await aio.sleep(1)
        outer.cancel()
        await aio.wait([outer])
        return outer.cancelled(), inner.cancelled()

    assert play(main()) == (True, True)
