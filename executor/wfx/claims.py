"""
Claims: what their beginnings and ends make of a task.

Pure, as `wfx.admission` is for appends: a world loads the task under its lock, asks here
what it becomes, and writes that.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wfx.entities import RunStatus
from wfx.errors import LeaseLost
from wfx.frozen import replace
from wfx.world import Head, Hold, ParkReason, Task, TaskKind

if TYPE_CHECKING:
    from wfx.values import Json


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
