"""
Claims: what their beginnings and ends make of a task.

Pure, as `wfx.admission` is for appends: a world loads the task under its lock, asks here
what it becomes, and writes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from wfx.entities import RunStatus
from wfx.errors import LeaseLost
from wfx.frozen import replace
from wfx.queues import QueueLimits, QueueUse, Rate
from wfx.world import Head, Hold, ParkReason, Task, TaskKind

if TYPE_CHECKING:
    from wfx.values import Json


class Quota:
    """
    What the limits of queues leave, while one claim takes its tasks.

    Args:
        limits: Those of the queues that have any.
        uses: What is used of them, read under the lock that every claim of these queues
            takes.
    """

    def __init__(self, limits: Mapping[str, QueueLimits], uses: Iterable[QueueUse]) -> None:
        self._limits = limits
        self._held: dict[tuple[str, str | None], int] = {}
        self._started: dict[tuple[str, str | None], int] = {}
        for use in uses:
            self._count(self._held, use.queue, use.key, use.held)
            self._add(self._started, (use.queue, None), use.started)
            self._add(self._started, (use.queue, use.key), use.started_of_key)
        self.full_queues: set[str] = set()
        """Queues of which nothing more may start."""
        self.full_keys: set[tuple[str, str]] = set()
        """(queue, key) of which nothing more may start."""
        self.starts: dict[tuple[str, str], int] = {}
        """What was taken of queues that have a rate, by (queue, key)."""

    def take(self, task: Task) -> bool:
        """Whether a task may start now; if so, it counts from now on."""
        limits = self._limits.get(task.queue)
        if task.kind is not TaskKind.STEP or limits is None:
            return True
        if not self._room(task.queue, None, limits.concurrency, limits.rate):
            self.full_queues.add(task.queue)
            return False
        if task.key and not self._room(
            task.queue, task.key, limits.concurrency_per_key, limits.rate_per_key
        ):
            self.full_keys.add((task.queue, task.key))
            return False
        self._count(self._held, task.queue, task.key, 1)
        self._count(self._started, task.queue, task.key, 1)
        if limits.rate is not None or limits.rate_per_key is not None:
            lane = (task.queue, task.key)
            self.starts[lane] = self.starts.get(lane, 0) + 1
        return True

    def _room(self, queue: str, key: str | None, most: int | None, rate: Rate | None) -> bool:
        held = self._held.get((queue, key), 0)
        started = self._started.get((queue, key), 0)
        return (most is None or held < most) and (rate is None or started < rate.count)

    def _count(
        self, into: dict[tuple[str, str | None], int], queue: str, key: str, more: int
    ) -> None:
        self._add(into, (queue, None), more)
        self._add(into, (queue, key), more)

    @staticmethod
    def _add(
        into: dict[tuple[str, str | None], int], lane: tuple[str, str | None], more: int
    ) -> None:
        into[lane] = into.get(lane, 0) + more


def taken(task: Task, owner: str, lease_until: datetime) -> Task:
    """A task under a new claim. A claim that it was under ended with its owner's death."""
    return replace(
        task,
        owner=owner,
        fence=task.fence + 1,
        lease_until=lease_until,
        ready_at=None,
        deaths=task.deaths + (task.owner is not None),
        parked=None,
        parked_detail=None,
    )


def held(task: Task | None, hold: Hold) -> Task:
    """
    The task, which this claim still holds.

    Raises:
        LeaseLost: If it does not.
    """
    task_id, fence = hold
    if task is None or task.owner is None or task.fence != fence:
        raise LeaseLost(task_id=task_id, fence=fence, holder=None if task is None else task.owner)
    return task


def released(
    task: Task, head: Head | None, now: datetime, *, read_through: int, ready_at: datetime | None
) -> Task | None:
    """
    A task whose claim was given up; None if that is its end.

    Args:
        head: Where the log of its run ends; needed for a run's task only.
        read_through: The last position that the holder has read.
        ready_at: When the holder wants it to be ready again.
    """
    if task.abandoned:
        return None
    if task.kind is TaskKind.RUN:
        assert head is not None  # a run's task goes when its run does
        # A run that nobody started yet waits for no delivery.
        unread = head.last_delivered > read_through
        if unread or head.run.status is RunStatus.PENDING:
            ready_at = now
    elif ready_at is None:
        ready_at = now
    return replace(task, owner=None, lease_until=None, ready_at=ready_at, deaths=0)


def standing(task: Task, now: datetime) -> str:
    """As what a task is counted in a `QueueState`."""
    if task.parked is not None:
        return "parked"
    if task.kind is TaskKind.WAIT:
        return "waits_due" if task.ready_at is not None and task.ready_at <= now else "waits"
    moment = task.ready_at if task.owner is None else task.lease_until
    if moment is None:
        return "suspended"
    if moment <= now and not task.abandoned:
        return "ready"
    return "delayed" if task.owner is None else "running"


def revoked(task: Task, now: datetime) -> Task:
    """A task that is ready again because its owner died."""
    return replace(task, owner=None, lease_until=None, ready_at=now, deaths=task.deaths + 1)


def parked(task: Task, now: datetime, reason: ParkReason, detail: Json, digest: str | None) -> Task:
    """A task whose claim was given up, and that nobody with the same code claims again."""
    digests = task.parked_digests
    if digest is not None and digest not in digests:
        digests = (*digests, digest)
    return replace(
        task,
        owner=None,
        lease_until=None,
        ready_at=now,
        parked=reason,
        parked_detail=detail,
        parked_digests=digests,
    )


def is_held_whole(task: Task) -> bool:
    """Whether the other held tasks of its run are made ready together with it."""
    return task.kind is TaskKind.RUN and task.parked is ParkReason.HELD


def unparked(task: Task, now: datetime) -> Task:
    """A parked task that is ready again."""
    # A wait keeps its moment, everything else is ready now.
    ready_at = task.ready_at if task.kind is TaskKind.WAIT else now
    return replace(
        task, parked=None, parked_detail=None, parked_digests=(), deaths=0, ready_at=ready_at
    )
