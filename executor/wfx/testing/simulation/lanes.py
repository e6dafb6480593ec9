"""
What a claim owes to queues: their limits, and that nobody waits who need not.

The judge of a simulation asks here after every claim. What is used of a limit is counted from
the claims that the judge saw granted, never from what the world counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from wfx.queues import QueueLimits, Rate
from wfx.world import Task, TaskKind

Lane: TypeAlias = tuple[str, str]
"""Queue and key of a step; the key may be empty."""
_KINDS: Final = (TaskKind.RUN, TaskKind.STEP)


@dataclass(frozen=True, slots=True)
class Held:
    """A step under a claim whose lease lasts."""

    lane: Lane
    surely: bool
    """False if the world may have taken the task away, because nobody needs it any more."""


@dataclass(slots=True)
class _Starts:
    """The starts in a queue that has a rate."""

    ever: list[tuple[datetime, str]] = field(default_factory=list)
    recent: list[tuple[datetime, str]] = field(default_factory=list)
    """Without those that once were too long ago: they do not come back with the clock."""


class Lanes:
    """
    The limits of all queues, and what is used of them.

    Args:
        saw: Counts a situation.
        broken: Makes the error of something that does not hold.
    """

    def __init__(self, saw: Callable[[str], None], broken: Callable[[str], Exception]) -> None:
        self.limits: dict[str, QueueLimits] = {}
        self._saw = saw
        self._broken = broken
        self._starts: dict[str, _Starts] = {}

    def ready(self, tasks: Iterable[Task], now: datetime, asked: Mapping[str, Any]) -> list[Task]:
        """Those of the world's tasks that a claim with these arguments may be given."""
        kinds: Collection[TaskKind] = asked.get("kinds", _KINDS)
        found = []
        for task in tasks:
            moment = _moment(task)
            if (
                task.kind in kinds
                and task.parked is None
                and not task.abandoned
                and moment is not None
                and moment <= now
                and _named(task.queue, asked.get("queues"))
                and _named(task.name, asked.get("names"))
                and asked.get("run_id") in (None, task.run_id)
            ):
                found.append(task)
        return found

    def check(
        self,
        ready: Sequence[Task],
        granted: Sequence[Task],
        held: Sequence[Held],
        now: datetime,
        *,
        limit: int,
    ) -> None:
        """
        Check what a claim was given.

        Args:
            ready: What it might have been given.
            held: All steps under a claim, those of this one too.
        """
        before = {task.task_id: task for task in ready}
        for task in granted:
            if task.task_id not in before:
                raise self._broken(f"{task.task_id} was given out, but it was not ready for this")
        self._note_starts(granted, now)
        self._check_limits(granted, held, now)
        last = max((_turn(before[task.task_id]) for task in granted), default=None)
        taken = {task.task_id for task in granted}
        for task in ready:
            if task.task_id in taken:
                continue
            why = self._why_not(task, held, now)
            if why is not None:
                self._saw(why)
                if last is not None and _turn(task) < last:
                    self._saw("what had to wait kept nobody else waiting")
            elif len(granted) < limit:
                raise self._broken(
                    f"{task.task_id} was ready, and not given out to who asked for more"
                )
            elif last is not None and _turn(task) < last:
                raise self._broken(
                    f"others were given out before {task.task_id}, whose turn it was"
                )
        turns = [(task.priority, _moment(before[task.task_id])) for task in granted]
        if any(
            turn[0] < other.priority and _later(turn[1], other) for turn in turns for other in ready
        ):
            self._saw("an urgent task went before an older one")

    def _note_starts(self, granted: Sequence[Task], now: datetime) -> None:
        for queue, limits in self.limits.items():
            rates = [rate for rate in (limits.rate, limits.rate_per_key) if rate is not None]
            starts = self._starts.setdefault(queue, _Starts())
            longest = max((rate.per for rate in rates), default=timedelta(0))
            starts.recent = [(at, key) for at, key in starts.recent if at > now - longest]
            if rates:
                new = [(now, task.key) for task in _steps(granted) if task.queue == queue]
                starts.recent += new
                starts.ever += new

    def _check_limits(self, granted: Sequence[Task], held: Sequence[Held], now: datetime) -> None:
        sure = [one.lane for one in held if one.surely]
        for task in _steps(granted):
            limits = self.limits.get(task.queue)
            if limits is None:
                continue
            starts = self._starts[task.queue].recent
            for key, most, rate in _bounds(task, limits):
                running = _count(sure, task.queue, key)
                if most is not None and running > most:
                    raise self._broken(
                        f"{running} steps of {task.queue}{key and f' with key {key}'} were given "
                        f"out, and {most} may run at once"
                    )
                if rate is not None and _within(starts, key, rate, now) > rate.count:
                    raise self._broken(
                        f"{task.queue}{key and f' with key {key}'} may start {rate}, and "
                        f"{_within(starts, key, rate, now)} were given out"
                    )

    def _why_not(self, task: Task, held: Sequence[Held], now: datetime) -> str | None:
        """Why a step has to wait; None if it need not."""
        limits = self.limits.get(task.queue)
        if task.kind is not TaskKind.STEP or limits is None:
            return None
        lanes = [one.lane for one in held]
        starts = self._starts[task.queue].ever
        for key, most, rate in _bounds(task, limits):
            if most is not None and _count(lanes, task.queue, key) >= most:
                return "a step waited for its key" if key else "a step waited for its queue"
            if rate is not None and _within(starts, key, rate, now) >= rate.count:
                return (
                    "a step waited for the rate of its key" if key else "a step waited for a rate"
                )
        return None


def _moment(task: Task) -> datetime | None:
    return task.ready_at if task.owner is None else task.lease_until


def _later(moment: datetime | None, than: Task) -> bool:
    other = _moment(than)
    return moment is not None and other is not None and moment > other


def _turn(task: Task) -> tuple[int, datetime]:
    moment = _moment(task)
    assert moment is not None  # it is ready
    return task.priority, moment


def _named(name: str, names: Collection[str] | None) -> bool:
    return names is None or name in names


def _steps(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task.kind is TaskKind.STEP]


def _bounds(task: Task, limits: QueueLimits) -> list[tuple[str, int | None, Rate | None]]:
    """What bounds a step: of its queue (an empty key), and of its key if it has one."""
    bounds = [("", limits.concurrency, limits.rate)]
    if task.key:
        bounds.append((task.key, limits.concurrency_per_key, limits.rate_per_key))
    return bounds


def _count(lanes: Iterable[Lane], queue: str, key: str) -> int:
    return sum(lane[0] == queue and key in ("", lane[1]) for lane in lanes)


def _within(starts: Iterable[tuple[datetime, str]], key: str, rate: Rate, now: datetime) -> int:
    return sum(at > now - rate.per and key in ("", of) for at, of in starts)
