"""
The tasks of a `MemoryWorld`, found by id, by run, by owner and by what a claimer asks for.

Only finding is done here; what a claim or a release means is the queue's (`wfx.memory.queue`).
Tasks in the same state and of the same kind, queue, name and priority stand in one list
sorted by the moment that counts in that state, so that a claim looks at the fronts of a few lists
and never at all tasks.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from heapq import merge
from itertools import islice
from typing import TypeAlias

from wfx.world import Task, TaskKind


class State(Enum):
    """What a task waits for, and so by which moment it is sorted."""

    FREE = "free"
    """For a claimer, from `ready_at` on."""
    CLAIMED = "claimed"
    """For its owner, until `lease_until`."""
    ABANDONED = "abandoned"
    """For a late outcome, until `lease_until`."""
    PARKED = "parked"
    """For other code or for a person; sorted by `ready_at`."""


_Key: TypeAlias = tuple[State, TaskKind, str, str, int]
_Entry: TypeAlias = tuple[datetime, int, str]
_Buckets: TypeAlias = dict[_Key, list[_Entry]]


@dataclass(slots=True)
class _OfRun:
    tasks: dict[str, Task] = field(default_factory=dict)
    buckets: _Buckets = field(default_factory=dict)


class Tasks:
    """All tasks of a world."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._numbers: dict[str, int] = {}
        self._created = 0
        self._buckets: _Buckets = {}
        self._of_run: dict[str, _OfRun] = {}
        self._of_owner: dict[str, set[str]] = {}

    def get(self, task_id: str) -> Task | None:
        """The task of this id."""
        return self._tasks.get(task_id)

    def put(self, task: Task) -> None:
        """Add a task, or replace it by what it became."""
        old = self._tasks.get(task.task_id)
        if old is None:
            self._numbers[task.task_id] = self._created
            self._created += 1
        else:
            self._unplace(old)
        self._tasks[task.task_id] = task
        of_run = self._of_run.setdefault(task.run_id, _OfRun())
        of_run.tasks[task.task_id] = task
        place = self._place(task)
        if place is not None:
            key, entry = place
            insort(self._buckets.setdefault(key, []), entry)
            insort(of_run.buckets.setdefault(key, []), entry)
        if task.owner is not None:
            self._of_owner.setdefault(task.owner, set()).add(task.task_id)

    def delete(self, task_id: str) -> None:
        """Remove a task, if it is there."""
        task = self._tasks.pop(task_id, None)
        if task is None:
            return
        self._unplace(task)
        del self._numbers[task_id]
        of_run = self._of_run[task.run_id]
        del of_run.tasks[task_id]
        if not of_run.tasks:
            del self._of_run[task.run_id]

    def of_run(self, run_id: str) -> list[Task]:
        """The tasks of one run in the order they were made."""
        of_run = self._of_run.get(run_id)
        return list(of_run.tasks.values()) if of_run else []

    def of_owner(self, owner: str) -> list[Task]:
        """The tasks an owner has claimed."""
        return [self._tasks[task_id] for task_id in sorted(self._of_owner.get(owner, ()))]

    def owners(self) -> dict[str, int]:
        """Owners with claims, and how many each has."""
        return {owner: len(tasks) for owner, tasks in sorted(self._of_owner.items())}

    def all(self) -> list[Task]:
        """Every task in the order they were made."""
        return list(self._tasks.values())

    def number(self, task: Task) -> int:
        """The task's place in the order they were made."""
        return self._numbers[task.task_id]

    def due(
        self,
        now: datetime,
        states: Collection[State],
        *,
        kinds: Collection[TaskKind],
        queues: Collection[str] | None = None,
        names: Collection[str] | None = None,
        run_id: str | None = None,
        limit: int | None = None,
        accept: Callable[[Task], bool] = lambda task: True,
    ) -> list[Task]:
        """
        Tasks whose moment has come: by priority, earliest first, in the order they were made.

        Args:
            accept: Asked in that order, of no more tasks than `limit` makes necessary.
        """
        fronts = []
        for key, bucket in self._matching(run_id, states, kinds):
            _, _, queue, name, priority = key
            if (queues is None or queue in queues) and (names is None or name in names):
                fronts.append(self._ranked(priority, bucket, now))
        accepted = (task for *_, task_id in merge(*fronts) if accept(task := self._tasks[task_id]))
        return list(islice(accepted, limit))

    @staticmethod
    def _ranked(
        priority: int, bucket: list[_Entry], now: datetime
    ) -> Iterator[tuple[int, datetime, int, str]]:
        for entry in bucket:
            if entry[0] > now:
                return
            yield (priority, *entry)

    def earliest(self, *, kinds: Collection[TaskKind], run_id: str | None) -> datetime | None:
        """The moment of the first free task."""
        fronts = (bucket[0][0] for _, bucket in self._matching(run_id, (State.FREE,), kinds))
        return min(fronts, default=None)

    def _matching(
        self, run_id: str | None, states: Collection[State], kinds: Collection[TaskKind]
    ) -> Iterator[tuple[_Key, list[_Entry]]]:
        if run_id is None:
            buckets = self._buckets
        else:
            of_run = self._of_run.get(run_id)
            buckets = of_run.buckets if of_run else {}
        for key, bucket in buckets.items():
            if key[0] in states and key[1] in kinds:
                yield key, bucket

    def _place(self, task: Task) -> tuple[_Key, _Entry] | None:
        if task.owner is not None:
            state, moment = State.ABANDONED if task.abandoned else State.CLAIMED, task.lease_until
        else:
            state, moment = State.PARKED if task.parked else State.FREE, task.ready_at
        if moment is None:
            return None
        key = (state, task.kind, task.queue, task.name, task.priority)
        return key, (moment, self._numbers[task.task_id], task.task_id)

    def _unplace(self, task: Task) -> None:
        place = self._place(task)
        if place is not None:
            key, entry = place
            for buckets in (self._buckets, self._of_run[task.run_id].buckets):
                bucket = buckets[key]
                del bucket[bisect_left(bucket, entry)]
                if not bucket:
                    del buckets[key]
        if task.owner is not None:
            claimed = self._of_owner[task.owner]
            claimed.discard(task.task_id)
            if not claimed:
                del self._of_owner[task.owner]
