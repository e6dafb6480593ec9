"""gather, wait, as_completed, shield."""

from __future__ import annotations

import asyncio

import pytest

from wfx import aio


async def fail(error: BaseException, after: float = 0):
    """Raise it."""
    await aio.sleep(after)
    raise error


async def value(result, after: float = 0):
    """Return it."""
    await aio.sleep(after)
    return result


def test_gather_gives_results_in_the_order_given(play):
    """Whatever the order of ends; the same awaitable twice runs once."""

    async def main():
        same = value("same", 1)
        return await aio.gather(value(1, 3), same, value(2, 2), same)

    assert play(main()) == [1, "same", 2, "same"]


def test_gather_of_nothing_is_done_at_once(play):
    """And gives an empty list."""

    async def main():
        future = aio.gather()
        return future.done(), await future

    assert play(main()) == (True, [])


def test_gather_raises_the_first_exception_and_the_others_go_on(play, stage):
    """They are not cancelled, and their exceptions count as read."""

    async def main():
        late = aio.create_task(value("late", 5))
        with pytest.raises(KeyError):
            await aio.gather(late, fail(KeyError(1), 1), fail(ValueError(2), 2))
        return await late

    assert play(main()) == "late"
    assert stage.unretrieved() == []


def test_gather_keeps_exceptions_among_results_when_asked(play):
    """Cancellations too."""

    async def main():
        task = aio.create_task(value(1, 5))
        await aio.sleep(0)
        task.cancel()
        return await aio.gather(task, fail(KeyError(1)), value(2), return_exceptions=True)

    cancelled, error, two = play(main())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert isinstance(error, KeyError)
    assert two == 2


def test_gather_keeps_an_exception_that_is_false(play):
    """Truth is not asked."""

    class Empty(Exception):
        def __len__(self):
            return 0

    async def main():
        return await aio.gather(fail(Empty()), return_exceptions=True)

    assert [type(e) for e in play(main())] == [Empty]


def test_a_cancelled_child_cancels_whoever_gathers_but_not_the_siblings(play):
    """They go on."""

    async def main():
        one, two = aio.create_task(value(1, 5)), aio.create_task(value(2, 5))
        await aio.sleep(0)
        one.cancel()
        with pytest.raises(aio.CancelledError):
            await aio.gather(one, two)
        return await two

    assert play(main()) == 2


@pytest.mark.parametrize("keep", [False, True])
def test_a_cancelled_gather_cancels_its_children(play, keep):
    """Also with return_exceptions; it raises CancelledError."""

    async def main():
        tasks = [aio.create_task(value(n, 5)) for n in range(3)]
        outer = aio.create_task(gathered(tasks))
        await aio.sleep(0)
        await aio.sleep(0)
        outer.cancel("why")
        with pytest.raises(aio.CancelledError):
            await outer
        return [t.cancelled() for t in tasks], [t.cancelling() for t in tasks]

    async def gathered(tasks):
        await aio.gather(*tasks, tasks[0], return_exceptions=keep)

    assert play(main()) == ([True] * 3, [1] * 3)


def test_gather_closes_what_it_cannot_start(play):
    """One wrong argument leaves no coroutine behind that was never awaited."""

    async def main():
        good = value(1)
        with pytest.raises(TypeError, match="got int"):
            aio.gather(3, good)
        return good.cr_frame

    assert play(main()) is None


def test_wait_gives_ordered_sets(play):
    """In the order given, not the order of ends."""

    async def main():
        tasks = [aio.create_task(value(n, 9 - n), name=str(n)) for n in range(8)]
        done, pending = await aio.wait(tasks, timeout=5.5)
        names = [[t.get_name() for t in part] for part in (done, pending)]
        await aio.wait(pending)
        return names

    assert play(main()) == [["4", "5", "6", "7"], ["0", "1", "2", "3"]]


def test_wait_does_not_read_exceptions(play, stage):
    """FIRST_EXCEPTION ends at a failure; somebody still has to read it."""

    async def main():
        tasks = [aio.create_task(value(1, 5)), aio.create_task(fail(KeyError(1), 1))]
        done, pending = await aio.wait(tasks, return_when=aio.FIRST_EXCEPTION)
        assert (len(done), len(pending)) == (1, 1)

    play(main())
    assert [t.get_name() for t in stage.unretrieved()] == ["Task-3"]


def test_wait_cancels_nothing_when_it_is_cancelled(play):
    """And leaves no callback behind."""

    async def main():
        task = aio.create_task(value(1, 5))
        waiter = aio.create_task(aio.wait([task]))
        await aio.sleep(0)
        waiter.cancel()
        await aio.gather(waiter, return_exceptions=True)
        return await task

    assert play(main()) == 1


def test_wait_refuses_what_makes_no_sense(play):
    """Coroutines, nothing, a single future, an unknown condition."""

    async def main():
        coroutine = value(1)
        task = aio.create_task(value(1))
        with pytest.raises(TypeError, match="takes no coroutines"):
            await aio.wait([coroutine])
        with pytest.raises(ValueError, match="at least one"):
            await aio.wait([])
        with pytest.raises(TypeError, match="an iterable of futures"):
            await aio.wait(task)
        with pytest.raises(ValueError, match="'SOME'"):
            await aio.wait([task], return_when="SOME")
        coroutine.close()
        await task

    play(main())


def test_as_completed_gives_results_in_the_order_of_ends(play):
    """By a plain for: coroutines; each takes the next one that completes."""

    async def main():
        return [await c for c in aio.as_completed([value(1, 3), value(2, 1), value(3, 2)])]

    assert play(main()) == [2, 3, 1]


def test_as_completed_gives_the_tasks_themselves_when_iterated_asynchronously(play):
    """As in Python 3.13, on every version."""

    async def main():
        tasks = [aio.create_task(value(n, 5 - n)) for n in range(3)]
        return [tasks.index(t) async for t in aio.as_completed(tasks)]

    assert play(main()) == [2, 1, 0]


def test_as_completed_raises_at_the_timeout_for_each_one_that_is_late(play, stage):
    """Those in time come first; nothing is cancelled."""

    async def main():
        tasks = [aio.create_task(value(n, n)) for n in (1, 20, 30)]
        got = []
        for c in aio.as_completed(tasks, timeout=10):
            try:
                got.append(await c)
            except TimeoutError:
                got.append("late")
        return got, await aio.gather(*tasks)

    assert play(main()) == ([1, "late", "late"], [1, 20, 30])


def test_as_completed_cancels_its_timer_when_all_is_done(play, stage):
    """No wait is left."""

    async def main():
        async for _ in aio.as_completed([value(1), value(2)], timeout=10):
            pass
        assert [c async for c in aio.as_completed([], timeout=10)] == []

    play(main())
    assert stage.trace == ["#0 wait 0: 10000000", "cancel wait 0"]


def test_as_completed_takes_all_at_the_same_time(play):
    """Its coroutines may be gathered, and one of them cancelled."""

    async def main():
        coroutines = [aio.create_task(c) for c in aio.as_completed([value(1, 1), value(2, 2)])]
        await aio.sleep(0)
        coroutines[0].cancel()
        return await aio.gather(*coroutines, return_exceptions=True)

    cancelled, one = play(main())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert one == 1


def test_shield_keeps_a_cancellation_out(play):
    """The inner task goes on; who waited is cancelled."""

    async def main():
        inner = aio.create_task(value(1, 5))
        outer = aio.create_task(shielded(inner))
        await aio.sleep(0)
        outer.cancel()
        with pytest.raises(aio.CancelledError):
            await outer
        return await inner

    async def shielded(inner):
        return await aio.shield(inner)

    assert play(main()) == 1


def test_shield_passes_results_exceptions_and_inner_cancellations_on(play):
    """All three."""

    async def main():
        inner = aio.create_task(value(1, 5))
        outer = aio.shield(inner)
        await aio.sleep(0)
        inner.cancel()
        results = [await aio.shield(value(1))]
        for future in (aio.shield(fail(KeyError(1))), outer):
            try:
                await future
            except BaseException as error:
                results.append(type(error).__name__)
        return results, outer.cancelled()

    assert play(main()) == ([1, "KeyError", "CancelledError"], True)


def test_shield_of_a_done_future_is_that_future(play):
    """Nothing to keep out any more."""

    async def main():
        task = aio.create_task(value(1))
        await task
        return aio.shield(task) is task

    assert play(main()) is True
