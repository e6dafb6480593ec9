"""Queues."""

from __future__ import annotations

import pytest

from wfx import aio


async def turns(n: int = 5) -> None:
    """Let others run."""
    for _ in range(n):
        await aio.sleep(0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(aio.Queue, [2, 3, 1]), (aio.PriorityQueue, [1, 2, 3]), (aio.LifoQueue, [1, 3, 2])],
)
def test_each_kind_has_its_order(play, kind, expected):
    """First in first out, smallest first, last in first out."""

    async def main():
        queue = kind()
        for item in (2, 3, 1):
            queue.put_nowait(item)
        return [await queue.get() for _ in range(3)]

    assert play(main()) == expected


def test_a_full_queue_makes_putters_wait_and_an_empty_one_getters(play):
    """In the order of asking."""

    async def main():
        queue = aio.Queue(1)
        putters = [aio.create_task(queue.put(n)) for n in range(4)]
        await turns()
        assert (queue.full(), queue.qsize(), queue.maxsize) == (True, 1, 1)
        with pytest.raises(aio.QueueFull):
            queue.put_nowait(9)
        got = [await queue.get() for _ in putters]
        with pytest.raises(aio.QueueEmpty):
            queue.get_nowait()
        getters = [aio.create_task(queue.get()) for _ in range(3)]
        await turns()
        for n in range(3):
            await queue.put(n)
        return got, await aio.gather(*getters), repr(queue)

    assert play(main()) == ([0, 1, 2, 3], [0, 1, 2], "<Queue maxsize=1 size=0>")


def test_who_is_cancelled_while_served_lets_the_next_one_have_it(play):
    """No item and no room is lost."""

    async def main():
        queue = aio.Queue(1)
        one, two = aio.create_task(queue.get()), aio.create_task(queue.get())
        await turns()
        queue.put_nowait("item")
        one.cancel()
        await aio.wait([one, two])
        queue.put_nowait("full")
        three, four = aio.create_task(queue.put(3)), aio.create_task(queue.put(4))
        await turns()
        queue.get_nowait()
        three.cancel()
        await aio.wait([three, four])
        return one.cancelled(), two.result(), three.cancelled(), queue.get_nowait()

    assert play(main()) == (True, "item", True, 4)


def test_join_waits_for_the_work_on_every_item(play):
    """And the work is done once per item."""

    async def main():
        queue = aio.Queue()
        await queue.join()
        for n in range(2):
            queue.put_nowait(n)
        joining = aio.create_task(queue.join())
        await turns()
        for _ in range(2):
            assert not joining.done()
            await queue.get()
            queue.task_done()
        await joining
        with pytest.raises(ValueError, match="more often"):
            queue.task_done()

    play(main())


def test_a_shut_down_queue_gives_what_it_has_and_takes_nothing(play):
    """As in Python 3.13, on every version."""

    async def main():
        queue = aio.Queue(2)
        queue.put_nowait(1)
        queue.put_nowait(2)
        putter = aio.create_task(queue.put(3))
        await turns()
        queue.shutdown()
        with pytest.raises(aio.QueueShutDown):
            await putter
        with pytest.raises(aio.QueueShutDown):
            queue.put_nowait(4)
        assert [await queue.get(), queue.get_nowait()] == [1, 2]
        for get in (queue.get, turns):
            with pytest.raises(aio.QueueShutDown):
                await get() if get is queue.get else queue.get_nowait()
        joining = aio.create_task(queue.join())
        await turns()
        assert not joining.done()
        queue.task_done()
        queue.task_done()
        await joining

    play(main())


def test_an_immediate_shutdown_throws_the_items_away(play):
    """Getters and who joins go on; work in progress is still counted."""

    async def main():
        queue = aio.Queue()
        getter = aio.create_task(queue.get())
        await turns()
        queue.shutdown(immediate=True)
        with pytest.raises(aio.QueueShutDown):
            await getter
        queue = aio.Queue()
        for n in range(3):
            queue.put_nowait(n)
        queue.get_nowait()
        joining = aio.create_task(queue.join())
        await turns()
        queue.shutdown(immediate=True)
        await turns()
        assert not joining.done()
        queue.task_done()
        await joining
        return queue.qsize()

    assert play(main()) == 0


def test_a_kind_of_queue_is_made_as_of_the_standard_librarys(play):
    """Programs override `_init`, `_put` and `_get` with items in `_queue`, though unasked."""

    class Distinct(aio.Queue[int]):
        def _init(self, maxsize: int) -> None:
            self._queue: dict[int, None] = {}

        def _put(self, item: int) -> None:
            self._queue[item] = None

        def _get(self) -> int:
            item = next(iter(self._queue))
            del self._queue[item]
            return item

    async def program() -> list[int]:
        queue = Distinct()
        for item in (3, 1, 3):
            await queue.put(item)
        assert queue.qsize() == 2
        return [await queue.get() for _ in range(2)]

    assert play(program()) == [3, 1]
