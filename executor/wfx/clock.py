"""The clock. Only this module reads the time of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exactly."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC datetime of microseconds since the epoch, exactly."""
    return EPOCH + us * _MICROSECOND


class Clock(Protocol):
    """Tells the time, in whole microseconds since the epoch."""

    def now_us(self) -> int:
        """The time now."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """The time now."""
        return time.time_ns() // 1000


class SteadyClock:
    """
    Measures time from some moment on; nobody sets it.

    Where the system has such a clock, time during which the machine slept counts.
    """

    def now_us(self) -> int:
        """The time since that moment."""
        return time.clock_gettime_ns(_STEADY) // 1000


_STEADY: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class StillClock:
    """A clock that stands: over a log, fresh readings continue from one of its events."""

    def __init__(self, moment: datetime) -> None:
        self._now_us = to_us(moment)

    def now_us(self) -> int:
        """The time now."""
        return self._now_us


class ManualClock(StillClock):
    """A clock that moves only when a test moves it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        super().__init__(start)

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back."""
        self._now_us += by // _MICROSECOND
