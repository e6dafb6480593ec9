"""TaskGroup."""

# ruff: noqa: PT012  # A block is what raises here.

from __future__ import annotations

import pytest

from wfx import aio


async def fail(error: BaseException, after: float = 0):
    """Raise it."""
    await aio.sleep(after)
    raise error


def test_a_group_waits_for_its_tasks(play):
    """Also for those that tasks make in it while it ends."""

    async def main():
        order = []

        async def child(n):
            await aio.sleep(n)
            order.append(n)
            if n < 3:
                group.create_task(child(n + 1))

        async with aio.TaskGroup() as group:
            group.create_task(child(1), name="one")
        return order

    assert play(main()) == [1, 2, 3]


def test_errors_come_in_the_order_the_tasks_were_made(play):
    """Not in that of their ends; the block's own comes last."""

    async def main():
        with pytest.raises(ExceptionGroup) as caught:
            async with aio.TaskGroup() as group:
                for n in range(3):
                    group.create_task(fails_when_cancelled(n))
                group.create_task(fail(ValueError(3), 1))
                try:
                    await aio.sleep(5)
                finally:
                    raise KeyError("block")
        return caught.value.message, [e.args[0] for e in caught.value.exceptions]

    async def fails_when_cancelled(n):
        try:
            await aio.sleep(5)
        except aio.CancelledError:
            await aio.sleep(9 - n)
            raise ValueError(n) from None

    assert play(main()) == ("unhandled errors in a TaskGroup", [0, 1, 2, 3, "block"])


def test_the_first_failure_cancels_the_others_and_the_block(play):
    """The block's task is not cancelled afterwards."""

    async def main():
        ended = []

        async def child():
            try:
                await aio.sleep(50)
            finally:
                ended.append("child")

        try:
            async with aio.TaskGroup() as group:
                group.create_task(child())
                group.create_task(fail(ValueError(1), 1))
                try:
                    await aio.sleep(50)
                finally:
                    ended.append("block")
        except* ValueError:
            pass
        await aio.sleep(1)
        return ended, aio.current_task().cancelling()

    assert play(main()) == (["child", "block"], 0)


def test_an_error_of_the_block_cancels_the_tasks(play):
    """It is raised in a group."""

    async def main():
        with pytest.raises(ExceptionGroup) as caught:
            async with aio.TaskGroup() as group:
                task = group.create_task(aio.sleep(50))
                await aio.sleep(1)
                raise KeyError(1)
        return task.cancelled(), [type(e) for e in caught.value.exceptions]

    assert play(main()) == (True, [KeyError])


def test_a_cancellation_from_outside_goes_through(play):
    """After the tasks have ended, however often it is repeated."""

    async def main():
        order = []
        task = aio.create_task(owner(order))
        await aio.sleep(1)
        task.cancel()
        await aio.sleep(1)
        task.cancel()
        await aio.wait([task])
        return order, task.cancelled()

    async def owner(order):
        async with aio.TaskGroup() as group:
            group.create_task(child(order))

    async def child(order):
        try:
            await aio.sleep(50)
        finally:
            await aio.sleep(5)
            order.append("cleaned")

    assert play(main()) == (["cleaned"], True)


def test_an_outer_cancellation_survives_errors_of_the_group(play):
    """The errors come first; the request strikes at the next await, as in Python 3.13."""

    async def main():
        task = aio.create_task(owner())
        await aio.sleep(1)
        task.cancel()
        await aio.wait([task])
        return task.cancelled(), seen

    seen = []

    async def owner():
        try:
            async with aio.TaskGroup() as group:
                group.create_task(stubborn())
                await aio.sleep(50)
        except* ValueError:
            seen.append(aio.current_task().cancelling())
        await aio.sleep(1)
        seen.append("never")

    async def stubborn():
        try:
            await aio.sleep(50)
        except aio.CancelledError:
            raise ValueError(1) from None

    assert play(main()) == (True, [1])


def test_cancelled_tasks_are_no_errors(play):
    """The group goes on."""

    async def main():
        async with aio.TaskGroup() as group:
            task = group.create_task(aio.sleep(50))
            await aio.sleep(1)
            task.cancel()
        return task.cancelled()

    assert play(main()) is True


def test_system_exit_is_raised_bare(play):
    """A base error is not wrapped; the process goes on."""

    async def main():
        with pytest.raises(SystemExit):
            async with aio.TaskGroup() as group:
                group.create_task(fail(SystemExit(3), 1))
                await aio.sleep(50)
        return aio.current_task().cancelling()

    assert play(main()) == 0


def test_a_group_refuses_tasks_before_and_after_and_when_it_ends_early(play):
    """And closes their coroutines."""

    async def main():
        group = aio.TaskGroup()
        with pytest.raises(RuntimeError, match="has not been entered"):
            group.create_task(aio.sleep(1))
        async with group:
            pass
        with pytest.raises(RuntimeError, match="is finished"):
            group.create_task(aio.sleep(1))
        with pytest.raises(RuntimeError, match="already been entered"):
            await group.__aenter__()
        with pytest.raises(ExceptionGroup):
            async with aio.TaskGroup() as group:
                group.create_task(late(group))
                await aio.sleep(0)
                raise KeyError

    async def late(group):
        try:
            await aio.sleep(50)
        finally:
            with pytest.raises(RuntimeError, match="is shutting down"):
                group.create_task(aio.sleep(1))

    play(main())
