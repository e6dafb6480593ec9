"""
What may be said of a queue: how much of it may run, how much waits, and who serves it.

Limits belong to a queue and are kept in its world, so that all workers judge by the same
ones, in the transaction that claims (decisions/0015). They are about steps; activating a
run is never held back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wfx.frozen import quick

_UNITS: Final = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_RATE: Final = re.compile(r"\s*(\d+)\s*/\s*(\d*)\s*([a-z]+?)s?\s*")


NUMBER_MAX: Final = 2**31 - 1
"""The largest limit, and the largest priority: PostgreSQL's integers end there."""


def check_priority(priority: int) -> int:
    """
    Check that every world can keep this priority, and return it.

    Raises:
        ValueError: It cannot.
    """
    if not -NUMBER_MAX <= priority <= NUMBER_MAX:
        raise ValueError(f"a priority is {-NUMBER_MAX} to {NUMBER_MAX}, not {priority}")
    return priority


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many starts in any stretch of time of this length."""

    count: int
    per: timedelta

    def __post_init__(self) -> None:
        if not 1 <= self.count <= NUMBER_MAX or self.per <= timedelta(0):
            raise ValueError(f"a rate allows 1 to {NUMBER_MAX} starts in a time above 0")

    @classmethod
    def parse(cls, text: str) -> Rate:
        """
        Read `100/minute`, `5/10 seconds`.

        Raises:
            ValueError: It is no rate.
        """
        found = _RATE.fullmatch(text.lower())
        if found is None or found[3] not in _UNITS:
            units = ", ".join(_UNITS)
            raise ValueError(f"{text!r} is no rate such as 100/minute or 5/10 seconds ({units})")
        try:
            return cls(int(found[1]), int(found[2] or 1) * _UNITS[found[3]])
        except OverflowError:
            raise ValueError(f"{text!r} is a rate over too long a time") from None

    def __str__(self) -> str:
        for name, unit in reversed(_UNITS.items()):
            count, rest = divmod(self.per, unit)
            if not rest:
                return f"{self.count}/{name}" if count == 1 else f"{self.count}/{count} {name}s"
        return f"{self.count}/{self.per.total_seconds():g} seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """How much of a queue may run at once, and how often it may start; None: any."""

    concurrency: int | None = None
    """Steps of the queue that run at the same time, over all workers."""
    rate: Rate | None = None
    """Attempts that start."""
    concurrency_per_key: int | None = None
    """The same for the steps of each `key`; steps without a key are not held back by it."""
    rate_per_key: Rate | None = None

    def __post_init__(self) -> None:
        for name in ("concurrency", "concurrency_per_key"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= NUMBER_MAX:
                raise ValueError(f"{name} is 0 to {NUMBER_MAX}, not {value}")

    def __bool__(self) -> bool:
        return self != NO_LIMITS


NO_LIMITS: Final = QueueLimits()


@dataclass(frozen=True, slots=True)
class QueueUse:
    """What is used of a queue's limits by the steps of one key."""

    queue: str
    key: str
    held: int = 0
    """Steps under a claim whose lease lasts."""
    started: int = 0
    """Attempts that started within the time of `rate`."""
    started_of_key: int = 0
    """Attempts that started within the time of `rate_per_key`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """The tasks of one queue, counted."""

    queue: str
    ready: int = 0
    """Runs and steps that a worker may take now, those of expired leases too."""
    running: int = 0
    """Claimed, and the lease lasts."""
    delayed: int = 0
    """Steps that will be tried again later."""
    suspended: int = 0
    """Runs that wait for a payload, a moment or a step."""
    waits: int = 0
    """Moments to come that runs wait for."""
    waits_due: int = 0
    """Moments that have come, and whose runs do not know yet."""
    parked: int = 0
    oldest_ready_at: datetime | None = None
    """Since when the first of those that are ready has been."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """A worker that said it is there."""

    owner: str
    workflows: tuple[str, ...]
    """The names of those it has the code of."""
    queues: tuple[str, ...] | None
    """The queues it serves; all if None."""
    slots: int
    """Steps it executes at the same time."""
    since: datetime
    seen_until: datetime
    """How long it may be believed; it says so again before that."""

    def serves(self, queue: str) -> bool:
        """Whether it takes steps of this queue."""
        return self.queues is None or queue in self.queues
