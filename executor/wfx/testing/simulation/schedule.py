"""
Who acts next, decided by one seed: processes, clients and time itself, without threads.

Everything that happens is a turn of a process (one round of its event loop) or an errand (a
function that is due at a moment). While a process waits for the world, others take turns
inside that call, so a request, its commit and its answer can lie far apart. Time passes
when nobody has anything to do, and a little now and then.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Protocol

from wfx.clock import to_us
from wfx.testing.faults import Crash

SECOND_US = 1_000_000
_START_US = to_us(datetime(2026, 1, 1, tzinfo=UTC))
_DEPTH_MAX = 4
"""Calls that wait inside each other; deeper ones let time pass and nobody act."""
_TURNS_MAX = 100_000


class Broken(AssertionError):
    """Something that must always hold does not."""


class Turns(Protocol):
    """Whoever takes turns: a process."""

    def next_us(self) -> int | None:
        """When it wants its next turn; None if it wants none."""
        ...

    def turn(self) -> None:
        """Take it."""
        ...


class Schedule:
    """
    The order of everything.

    Attributes:
        random: Every choice of a simulation is drawn here.
        failure: The first thing that broke; whoever finds it may be inside code that
            survives exceptions.
        trace: What happened: moment, who, what.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now_us = _START_US
        self.failure: Broken | None = None
        self.trace: list[tuple[int, str, str]] = []
        self.turns = 0
        self.members: list[Turns] = []
        self.slips = 0.0
        """How likely a little time passes after a turn."""
        self._errands: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = 0
        self._waiting: list[Turns] = []
        self._depth = 0

    def note(self, who: str, what: str) -> None:
        """Write a line of the trace."""
        self.trace.append((self.now_us, who, what))

    def broken(self, what: str) -> Broken:
        """Remember that something broke; to be raised."""
        if self.failure is None:
            self.note("judge", f"BROKEN: {what}")
            self.failure = Broken(what)
        return self.failure

    def seconds(self) -> float:
        """Time since the beginning."""
        return (self.now_us - _START_US) / SECOND_US

    def after(self, seconds: float, errand: Callable[[], None]) -> None:
        """Do something later."""
        self._numbers += 1
        when = self.now_us + int(seconds * SECOND_US)
        heapq.heappush(self._errands, (when, self._numbers, errand))

    def chance(self, likely: float) -> bool:
        """Whether something happens that is so likely."""
        return likely > 0 and self.random.random() < likely

    def run(self, over: Callable[[], bool], *, seconds_max: float) -> bool:
        """Take turns until it is over; False if it never is."""
        limit = self.now_us + int(seconds_max * SECOND_US)
        while not over():
            if self.now_us >= limit or self.turns > _TURNS_MAX:
                return False
            self._turn(limit)
            if self.failure is not None:
                raise self.failure
        return True

    def others(self, waiting: Turns | None, seconds: float = 0.0) -> None:
        """Let others act while this one waits: for a moment, or for so long."""
        until = self.now_us + int(seconds * SECOND_US)
        if self._depth >= _DEPTH_MAX:
            self.now_us = until
            return
        self._depth += 1
        if waiting is not None:
            self._waiting.append(waiting)
        try:
            left = self.random.randrange(1, 10)
            while self.now_us < until or (seconds == 0 and left > 0):
                left -= 1
                if not self._turn(until) and seconds == 0:
                    return
                if self.failure is not None:
                    raise self.failure
        finally:
            self._depth -= 1
            if waiting is not None:
                self._waiting.remove(waiting)

    def _turn(self, until: int) -> bool:
        """Somebody acts, or time passes up to `until`; whether anybody acted."""
        earliest = self._errands[0][0] if self._errands else None
        ready: list[Turns | None] = []
        if earliest is not None and earliest <= self.now_us:
            ready.append(None)
        for member in self.members:
            if member in self._waiting:
                continue
            at = member.next_us()
            if at is None:
                continue
            if at <= self.now_us:
                ready.append(member)
            elif earliest is None or at < earliest:
                earliest = at
        if not ready:
            self.now_us = until if earliest is None else max(self.now_us, min(earliest, until))
            return False
        self.turns += 1
        chosen = ready[0] if len(ready) == 1 else self.random.choice(ready)
        if chosen is not None:
            chosen.turn()
        else:
            _, _, errand = heapq.heappop(self._errands)
            with suppress(Crash):  # of the process whose errand it was; it is marked dead already
                errand()
        if self.chance(self.slips):
            self.now_us += self.random.randrange(1, 20_000)
        return True


class OffsetClock:
    """A clock that may be wrong, and that may jump."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.offset_us = 0

    def now_us(self) -> int:
        """The time, as this clock shows it."""
        return self._schedule.now_us + self.offset_us
