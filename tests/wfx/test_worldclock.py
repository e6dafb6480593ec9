"""The world's time, on a machine whose clock is set and whose processes stand still."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfx.clock import ManualClock, SteadyClock
from wfx.errors import WorldUnavailable
from wfx.memory import MemoryWorld
from wfx.workers.worldclock import WorldClock

SECOND = timedelta(seconds=1)
SECOND_US = 1_000_000


class Bench:
    """A world, a machine, and questions counted."""

    def __init__(self) -> None:
        self.server = ManualClock()
        self.machine = ManualClock()
        self.steady = ManualClock()
        self.world = MemoryWorld(self.server)
        self.asked = 0
        self.away = False
        self.travel = (timedelta(0), timedelta(0))
        """Of a question, and of its answer."""
        now = self.world.queue.now

        def travelled(*_: Any) -> Any:
            self.asked += 1
            if self.away:
                raise WorldUnavailable(url="x", reason="y", remedy="z", transient=True)
            there, back = self.travel
            self.passes(there)
            answer = now()
            self.passes(back)
            return answer

        self.world.queue.now = travelled  # type: ignore[method-assign]  # it travels
        self.clock = WorldClock(self.world, self.machine, self.steady)
        self.clock.adjust()

    def passes(self, time: timedelta) -> None:
        """Time passes, everywhere."""
        for clock in (self.server, self.machine, self.steady):
            clock.advance(time)

    @property
    def wrong_us(self) -> int:
        """By how much it is ahead of the world."""
        return self.clock.now_us() - self.server.now_us()


@pytest.fixture
def bench() -> Bench:
    """A fresh one, asked once."""
    return Bench()


def test_time_goes_on_without_questions(bench: Bench) -> None:
    """As long as nobody sets the machine's clock."""
    bench.passes(timedelta(hours=9))
    assert bench.wrong_us == 0
    assert bench.asked == 1


@pytest.mark.parametrize("jump", [3600 * SECOND, -3600 * SECOND, SECOND / 2])
def test_a_machine_whose_clock_is_set_changes_nothing(bench: Bench, jump: timedelta) -> None:
    """It is noticed, the world is asked once, and its time is what it was."""
    bench.machine.advance(jump)
    assert bench.wrong_us == 0
    bench.passes(SECOND)
    assert bench.wrong_us == 0
    assert bench.asked == 2


def test_a_world_whose_clock_is_that_of_the_machine_is_followed_at_once(bench: Bench) -> None:
    """A file has no clock of its own."""
    for clock in (bench.machine, bench.server):
        clock.advance(-3600 * SECOND)
    assert bench.wrong_us == 0


def test_a_clock_that_is_set_while_the_world_is_away_is_asked_about_later(bench: Bench) -> None:
    """Whoever reads the time is not disturbed."""
    bench.machine.advance(3600 * SECOND)
    bench.away = True
    assert bench.wrong_us == 0
    bench.away = False
    bench.server.advance(7 * SECOND)
    assert bench.wrong_us == 0
    assert bench.asked == 3


def test_a_process_that_stands_still_while_it_asks_does_not_lose_the_time(bench: Bench) -> None:
    """Half of such a question's travel would be far from the truth."""
    bench.travel = (timedelta(0), 30 * SECOND)
    bench.clock.adjust()
    assert bench.wrong_us == 0
    bench.travel = (30 * SECOND, timedelta(0))
    bench.clock.adjust()
    assert bench.wrong_us == 0


def test_a_first_answer_that_took_long_is_put_right_by_the_next() -> None:
    """As far as that one contradicts."""
    bench = Bench()
    bench.travel = (timedelta(0), 30 * SECOND)
    bench.clock = WorldClock(bench.world, bench.machine, bench.steady)
    bench.clock.adjust()
    assert abs(bench.wrong_us) <= 15 * SECOND_US + 1000
    bench.travel = (timedelta(0), timedelta(0))
    bench.clock.adjust()
    assert abs(bench.wrong_us) <= 1000


def test_a_worlds_clock_that_jumps_is_followed_by_the_next_question(bench: Bench) -> None:
    """Nothing here can know of it before."""
    bench.server.advance(-10 * SECOND)
    bench.clock.adjust()
    assert abs(bench.wrong_us) <= 1000


def test_the_steady_clock_does_not_go_back() -> None:
    """Whatever is set meanwhile."""
    readings = [SteadyClock().now_us() for _ in range(1000)]
    assert readings == sorted(readings)
