"""Locks, semaphores, conditions, events, barriers."""

from __future__ import annotations

import pytest

from wfx import aio


async def turns(n: int = 5) -> None:
    """Let others run."""
    for _ in range(n):
        await aio.sleep(0)


def test_a_lock_is_had_in_the_order_of_asking(play):
    """Nobody gets in between a release and who waits."""

    async def main():
        lock, order = aio.Lock(), []

        async def one(n):
            async with lock:
                order.append(n)
                await aio.sleep(1)

        await lock.acquire()
        tasks = [aio.create_task(one(n)) for n in range(3)]
        await turns()
        lock.release()
        async with lock:
            order.append("main")
        await aio.wait(tasks)
        return order, repr(lock)

    assert play(main()) == ([0, 1, 2, "main"], "<Lock unlocked>")


def test_who_is_cancelled_while_it_gets_a_lock_passes_it_on(play):
    """In the same turn as the release, before and after it."""

    async def main(cancel_first):
        lock = aio.Lock()
        await lock.acquire()
        one, two = aio.create_task(lock.acquire()), aio.create_task(lock.acquire())
        await turns()
        if cancel_first:
            one.cancel()
            lock.release()
        else:
            lock.release()
            one.cancel()
        await aio.wait([one, two])
        return one.cancelled(), two.result(), lock.locked()

    async def both():
        return [await main(True), await main(False)]

    assert play(both()) == [(True, True, True)] * 2


def test_a_lock_that_nobody_holds_cannot_be_released(play):
    """It says so."""

    async def main():
        with pytest.raises(RuntimeError, match="not acquired"):
            aio.Lock().release()

    play(main())


def test_a_semaphore_lets_so_many_in(play):
    """And keeps the places of those who are cancelled."""

    async def main():
        semaphore, inside, most = aio.Semaphore(2), 0, 0

        async def one():
            nonlocal inside, most
            async with semaphore:
                inside += 1
                most = max(most, inside)
                await aio.sleep(1)
                inside -= 1

        tasks = [aio.create_task(one()) for _ in range(6)]
        await turns()
        tasks[2].cancel()
        tasks[4].cancel()
        await aio.wait(tasks)
        return most, repr(semaphore)

    assert play(main()) == (2, "<Semaphore value=2>")


def test_who_is_cancelled_while_it_gets_a_place_gives_it_back(play):
    """To the next, or to nobody."""

    async def main():
        semaphore = aio.BoundedSemaphore(1)
        await semaphore.acquire()
        one, two = aio.create_task(semaphore.acquire()), aio.create_task(semaphore.acquire())
        await turns()
        semaphore.release()
        one.cancel()
        await aio.wait([one, two])
        assert semaphore.locked()
        three = aio.create_task(semaphore.acquire())
        await turns()
        semaphore.release()
        three.cancel()
        await aio.wait([three])
        return one.cancelled(), two.result(), three.cancelled(), semaphore.locked()

    assert play(main()) == (True, True, True, False)


def test_semaphores_have_bounds(play):
    """Below none, and for the bounded one above."""

    async def main():
        with pytest.raises(ValueError, match="cannot be -1"):
            aio.Semaphore(-1)
        with pytest.raises(ValueError, match="more often"):
            aio.BoundedSemaphore(1).release()

    play(main())


def test_a_condition_wakes_as_many_as_notified(play):
    """In the order of waiting; each holds the lock when it goes on."""

    async def main():
        condition, order = aio.Condition(), []

        async def one(n):
            async with condition:
                await condition.wait()
                order.append(n)
                assert condition.locked()

        tasks = [aio.create_task(one(n)) for n in range(4)]
        await turns()
        async with condition:
            condition.notify(2)
        await turns(20)
        assert order == [0, 1]
        async with condition:
            condition.notify_all()
        await aio.wait(tasks)
        return order, repr(condition)

    assert play(main()) == ([0, 1, 2, 3], "<Condition unlocked>")


def test_a_cancelled_wait_has_the_lock_back_and_passes_its_notification_on(play):
    """Whether it is cancelled before the notification, with it, or while it gets the lock."""

    async def main(when):
        condition, got = aio.Condition(), []

        async def one(n):
            async with condition:
                try:
                    await condition.wait()
                    got.append(n)
                except aio.CancelledError:
                    assert condition.locked()
                    raise

        tasks = [aio.create_task(one(n)) for n in range(2)]
        await turns()
        async with condition:
            if when == "before":
                tasks[0].cancel()
                await turns()
            condition.notify()
            if when == "with":
                tasks[0].cancel()
            if when == "after":
                await turns()
                tasks[0].cancel()
                await turns()
        await aio.wait(tasks)
        return got, [t.cancelled() for t in tasks]

    async def all_three():
        return [await main(when) for when in ("before", "with", "after")]

    assert play(all_three()) == [([1], [True, False])] * 3


def test_a_condition_needs_its_lock(play):
    """To wait and to notify; it may share one."""

    async def main():
        lock = aio.Lock()
        condition = aio.Condition(lock)
        with pytest.raises(RuntimeError, match="cannot wait"):
            await condition.wait()
        for notify in (condition.notify, condition.notify_all):
            with pytest.raises(RuntimeError, match="cannot notify"):
                notify()
        async with lock:
            condition.notify()
            return await condition.wait_for(lambda: "true")

    assert play(main()) == "true"


def test_an_event_lets_all_go_on_who_wait(play):
    """Also if it is cleared at once."""

    async def main():
        event = aio.Event()
        tasks = [aio.create_task(event.wait()) for _ in range(3)]
        await turns()
        tasks[1].cancel()
        event.set()
        event.clear()
        await aio.wait(tasks)
        event.set()
        assert await event.wait()
        return [t.cancelled() for t in tasks], event.is_set(), repr(event)

    assert play(main()) == ([False, True, False], True, "<Event set>")


def test_a_barrier_lets_tasks_pass_together(play):
    """Each with its number; the next ones are a party of their own."""

    async def main():
        barrier = aio.Barrier(3)

        async def one():
            async with barrier as number:
                return number

        tasks = [aio.create_task(one()) for _ in range(7)]
        await turns()
        numbers = [t.result() for t in tasks[:6]]
        waiting = barrier.n_waiting
        tasks[6].cancel()
        await turns()
        return numbers, waiting, barrier.n_waiting, barrier.parties, repr(barrier)

    assert play(main()) == ([0, 1, 2, 0, 1, 2], 1, 0, 3, "<Barrier 0/3>")


def test_a_barrier_can_be_reset_and_aborted(play):
    """Who waits gets BrokenBarrierError; after an abort also who comes."""

    async def main():
        barrier = aio.Barrier(2)
        waiting = aio.create_task(barrier.wait())
        await turns()
        await barrier.reset()
        assert isinstance(await outcome(waiting), aio.BrokenBarrierError)
        waiting = aio.create_task(barrier.wait())
        await turns()
        await barrier.abort()
        assert isinstance(await outcome(waiting), aio.BrokenBarrierError)
        assert barrier.broken
        with pytest.raises(aio.BrokenBarrierError):
            await barrier.wait()
        await barrier.reset()
        assert await aio.gather(barrier.wait(), barrier.wait()) == [0, 1]
        with pytest.raises(ValueError, match="cannot be 0"):
            aio.Barrier(0)

    async def outcome(task):
        return (await aio.gather(task, return_exceptions=True))[0]

    play(main())
