"""
The queue of a `MemoryWorld`: what a claim, a release, a parking or a revocation means.

Which tasks there are to choose from is found by `wfx.memory.tasks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wfx import claims
from wfx.clock import from_us
from wfx.errors import LeaseLost, NotFound
from wfx.events import NewEvent, WaitCompleted
from wfx.frozen import replace
from wfx.memory.contents import Contents
from wfx.memory.tasks import State
from wfx.queues import QueueLimits, QueueState, WorkerInfo
from wfx.world import CODE_REASONS, LEASE_DEFAULT, PAGE_DEFAULT, Hold, ParkReason, Task, TaskKind

if TYPE_CHECKING:
    from wfx.values import Json


class MemoryQueue:
    """The tasks: who may do what now."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._tasks = contents.tasks

    def claim(
        self,
        owner: str,
        *,
        kinds: Collection[TaskKind] = (TaskKind.RUN, TaskKind.STEP),
        queues: Collection[str] | None = None,
        names: Collection[str] | None = None,
        run_id: str | None = None,
        limit: int = 1,
        lease: timedelta = LEASE_DEFAULT,
        digest: str | None = None,
    ) -> list[Task]:
        """Claim tasks that are ready, each under a new fence number."""

        def may_try(task: Task) -> bool:
            return task.parked is None or (
                task.parked in CODE_REASONS and digest not in task.parked_digests
            )

        with self._contents.lock:
            now = self._contents.now()
            for task in self._tasks.due(
                now, (State.ABANDONED,), kinds=kinds, queues=queues, names=names, run_id=run_id
            ):
                self._tasks.delete(task.task_id)
            states = [State.FREE, State.CLAIMED]
            if digest is not None:
                states.append(State.PARKED)
            quota = claims.Quota(self._contents.limits, self._contents.uses(now))
            ready = self._tasks.due(
                now,
                states,
                kinds=kinds,
                queues=queues,
                names=names,
                run_id=run_id,
                limit=max(limit, 0),
                accept=lambda task: may_try(task) and quota.take(task),
            )
            for (queue, key), count in quota.starts.items():
                self._contents.starts.setdefault(queue, []).extend([(now, key)] * count)
            claimed = [claims.taken(task, owner, now + lease) for task in ready]
            for task in claimed:
                self._tasks.put(task)
            return claimed

    def extend(
        self, owner: str, holds: Collection[Hold], lease: timedelta = LEASE_DEFAULT
    ) -> set[Hold]:
        """Extend the leases of these claims; those still held."""
        held: set[Hold] = set()
        with self._contents.lock:
            until = self._contents.now() + lease
            for hold in holds:
                task = self._tasks.get(hold[0])
                if task is not None and task.owner == owner and task.fence == hold[1]:
                    self._tasks.put(replace(task, lease_until=until))
                    held.add(hold)
        return held

    def release(
        self, hold: Hold, *, read_through: int = -1, ready_at: datetime | None = None
    ) -> None:
        """Give a claim up."""
        with self._contents.lock:
            task = claims.held(self._tasks.get(hold[0]), hold)
            head = self._contents.logs[task.run_id].head
            moved = claims.released(
                task, head, self._contents.now(), read_through=read_through, ready_at=ready_at
            )
            if moved is None:
                self._tasks.delete(task.task_id)
                return
            self._tasks.put(moved)
            if moved.ready_at is not None:
                self._contents.notify()

    def release_many(self, holds: Mapping[Hold, int]) -> None:
        """Give several claims up."""
        with self._contents.lock:
            for hold, read_through in holds.items():
                with suppress(LeaseLost):
                    self.release(hold, read_through=read_through)

    def park(self, hold: Hold, reason: ParkReason, detail: Json, digest: str | None = None) -> None:
        """Give a claim up and keep others from claiming the task."""
        with self._contents.lock:
            task = claims.held(self._tasks.get(hold[0]), hold)
            self._tasks.put(claims.parked(task, self._contents.now(), reason, detail, digest))
            self._contents.notify()

    def unpark(self, task_id: str) -> bool:
        """Make a parked task ready again; whether it was parked."""
        with self._contents.lock:
            task = self._tasks.get(task_id)
            if task is None:
                raise NotFound(what="task", id=task_id)
            if task.parked is None:
                return False
            for other in [task, *self._held_with(task)]:
                self._tasks.put(claims.unparked(other, self._contents.now()))
            self._contents.notify()
            return True

    def _held_with(self, task: Task) -> list[Task]:
        """The other tasks of a run that is held as a whole."""
        if not claims.is_held_whole(task):
            return []
        return [
            other
            for other in self._tasks.of_run(task.run_id)
            if other.parked is ParkReason.HELD and other is not task
        ]

    def due(self, limit: int = 10_000, run_id: str | None = None) -> int:
        """Append `wait_completed` for waits whose moment has come; how many."""
        with self._contents.lock:
            tasks = self._tasks.due(
                self._contents.now(),
                (State.FREE,),
                kinds=(TaskKind.WAIT,),
                run_id=run_id,
                limit=max(limit, 0),
            )
            by_run: dict[str, list[NewEvent]] = {}
            for task in tasks:
                by_run.setdefault(task.run_id, []).append(
                    NewEvent(WaitCompleted(), correlation_id=task.task_id)
                )
            for of_run, events in by_run.items():
                self._contents.append(of_run, events, by_world=True)
            return len(tasks)

    def next_ready(
        self, *, kinds: Collection[TaskKind] | None = None, run_id: str | None = None
    ) -> datetime | None:
        """When the earliest unclaimed, unparked task is ready."""
        with self._contents.lock:
            return self._tasks.earliest(
                kinds=tuple(TaskKind) if kinds is None else kinds, run_id=run_id
            )

    def get(self, task_id: str) -> Task | None:
        """The task, or None when it is done or never was."""
        with self._contents.lock:
            return self._tasks.get(task_id)

    def get_many(self, task_ids: Collection[str]) -> dict[str, Task]:
        """Those of the tasks that are there, by id."""
        with self._contents.lock:
            found = ((task_id, self._tasks.get(task_id)) for task_id in task_ids)
            return {task_id: task for task_id, task in found if task is not None}

    def list(
        self,
        *,
        run_id: str | None = None,
        kind: TaskKind | None = None,
        parked: bool | None = None,
        held: bool | None = None,
        limit: int = PAGE_DEFAULT,
    ) -> list[Task]:
        """Tasks, those ready first."""
        with self._contents.lock:
            tasks = self._tasks.all() if run_id is None else self._tasks.of_run(run_id)
            found = [
                task
                for task in tasks
                if (kind is None or task.kind is kind)
                and (parked is None or (task.parked is not None) is parked)
                and (held is None or (task.owner is not None) is held)
            ]
            found.sort(key=self._readiness)
            return found[:limit]

    def _readiness(self, task: Task) -> tuple[bool, bool, datetime, int]:
        at = task.ready_at or from_us(0)
        return (task.parked is not None, task.ready_at is None, at, self._tasks.number(task))

    def holders(self) -> dict[str, int]:
        """Owners with claims, and how many each has."""
        with self._contents.lock:
            return self._tasks.owners()

    def revoke(self, owner: str) -> int:
        """End the leases of an owner that is surely dead; how many claims it had."""
        with self._contents.lock:
            claimed = self._tasks.of_owner(owner)
            for task in claimed:
                if task.abandoned:
                    self._tasks.delete(task.task_id)
                    continue
                self._tasks.put(claims.revoked(task, self._contents.now()))
            if claimed:
                self._contents.notify()
            return len(claimed)

    def overview(self) -> Sequence[QueueState]:
        """The queues that have tasks, by name."""
        with self._contents.lock:
            now = self._contents.now()
            by_queue: dict[str, Counter[str]] = {}
            oldest: dict[str, datetime] = {}
            for task in self._tasks.all():
                standing = claims.standing(task, now)
                by_queue.setdefault(task.queue, Counter())[standing] += 1
                since = task.ready_at or task.lease_until
                if standing == "ready" and since is not None:
                    oldest[task.queue] = min(since, oldest.get(task.queue, since))
            return [
                QueueState(queue=queue, oldest_ready_at=oldest.get(queue), **by_queue[queue])
                for queue in sorted(by_queue)
            ]

    def limits(self) -> dict[str, QueueLimits]:
        """The limits of those queues that have any."""
        with self._contents.lock:
            return dict(self._contents.limits)

    def set_limits(self, queue: str, limits: QueueLimits) -> None:
        """From now on these limits hold for a queue."""
        with self._contents.lock:
            if limits:
                self._contents.limits[queue] = limits
            else:
                self._contents.limits.pop(queue, None)
            self._contents.notify()

    def enlist(self, worker: WorkerInfo) -> None:
        """Say that a worker is there, or still there."""
        with self._contents.lock:
            self._contents.workers[worker.owner] = worker

    def leave(self, owner: str) -> None:
        """A worker is there no more."""
        with self._contents.lock:
            self._contents.workers.pop(owner, None)

    def workers(self) -> Sequence[WorkerInfo]:
        """The workers that may be believed to be there, by owner."""
        with self._contents.lock:
            now = self._contents.now()
            there = [w for w in self._contents.workers.values() if w.seen_until > now]
            return sorted(there, key=lambda worker: worker.owner)

    def now(self) -> datetime:
        """The world's clock."""
        return self._contents.now()
