"""
What a `MemoryWorld` holds, and how an append changes it.

An append decides with `wfx.admission` and then applies what it was told, which cannot fail
half-way. Everything is kept in dictionaries under one lock, which the parts of a world share.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from wfx import admission, projection
from wfx.admission import Admission, Snapshot
from wfx.clock import Clock, from_us, to_us
from wfx.entities import Hook, Step, Wait
from wfx.errors import NotFound
from wfx.events import Event, NewEvent, RunCreated
from wfx.ids import new_id
from wfx.memory.tasks import Tasks
from wfx.queues import QueueLimits, QueueUse, WorkerInfo
from wfx.world import Archive, EventResult, Head, Hold, StreamChunk, TaskKind

T = TypeVar("T")


@dataclass(slots=True)
class Stream:
    """One stream of a run."""

    chunks: list[StreamChunk] = field(default_factory=list)
    closed: bool = False


@dataclass(slots=True)
class Log:
    """All that is kept of one run, but its tasks."""

    head: Head
    events: list[Event] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    """By event id."""
    about: dict[str, list[Event]] = field(default_factory=dict)
    """By correlation id."""
    steps: dict[str, Step] = field(default_factory=dict)
    step_ids: list[str] = field(default_factory=list)
    hooks: dict[str, Hook] = field(default_factory=dict)
    waits: dict[str, Wait] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    archive: Archive = field(default_factory=Archive)

    def add(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events.append(event)
            self.positions[event.event_id] = event.position
            if event.correlation_id is not None:
                self.about.setdefault(event.correlation_id, []).append(event)

    def put_step(self, step_id: str, step: Step) -> None:
        if step_id not in self.steps:
            self.step_ids.append(step_id)
        self.steps[step_id] = step


class Contents:
    """What the parts of one world share."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.changes = 0
        self.logs: dict[str, Log] = {}
        self.run_keys: list[tuple[int, str]] = []
        """(createdAt, run id) of all runs, sorted."""
        self.created_by: dict[str, str] = {}
        """Run ids by the event ids of their run_created."""
        self.hook_keys: list[tuple[int, int, str, str]] = []
        """(createdAt, order of arrival, run id, hook id) of all hooks, sorted."""
        self.hooks_made = 0
        self.run_of_hook: dict[str, str] = {}
        self.active_by_token: dict[str, Hook] = {}
        self.disposed_by_token: dict[str, Hook] = {}
        self.tasks = Tasks()
        self.quarantine: dict[str, Archive] = {}
        """What is kept of runs that could not be brought in."""
        self.limits: dict[str, QueueLimits] = {}
        """By queue."""
        self.starts: dict[str, list[tuple[datetime, str]]] = {}
        """When steps of queues that have a rate started, and their keys, by queue."""
        self.workers: dict[str, WorkerInfo] = {}
        """By owner."""

    def now(self) -> datetime:
        return from_us(self.clock.now_us())

    def log(self, run_id: str) -> Log:
        log = self.logs.get(run_id)
        if log is None:
            raise NotFound(what="run", id=run_id)
        return log

    def notify(self) -> None:
        self.changes += 1
        self.changed.notify_all()

    def uses(self, now: datetime) -> list[QueueUse]:
        """What is used of the limits of queues."""
        found: list[QueueUse] = []
        if not self.limits:
            return found
        for task in self.tasks.all():
            lasts = task.lease_until is not None and task.lease_until > now
            if task.kind is TaskKind.STEP and lasts and task.queue in self.limits:
                found.append(QueueUse(task.queue, task.key, held=1))
        for queue, limits in self.limits.items():
            periods = [rate.per for rate in (limits.rate, limits.rate_per_key) if rate is not None]
            longest = max(periods, default=timedelta(0))
            recent = [(at, key) for at, key in self.starts.get(queue, ()) if at > now - longest]
            self.starts[queue] = recent
            for at, key in recent:
                counts = [
                    int(rate is not None and at > now - rate.per)
                    for rate in (limits.rate, limits.rate_per_key)
                ]
                found.append(QueueUse(queue, key, 0, *counts))
        return found

    # -- an append ------------------------------------------------------------------------

    def append(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        *,
        after: int | None = None,
        fence: Collection[Hold] = (),
        by_world: bool = False,
    ) -> list[EventResult]:
        if not events:
            return []
        with self.lock:
            if run_id is None:
                run_id = self._id_for(events[0])
            admitted = admission.admit(
                run_id,
                events,
                self._snapshot(run_id, events, fence),
                after=after,
                fence=fence,
                by_world=by_world,
            )
            if admitted.head is not None:
                self._apply(run_id, admitted, admitted.head)
            if admitted.notifies:
                self.notify()
            return admitted.results

    def _id_for(self, first: NewEvent) -> str:
        """The id of a run that is made without one; the same again for a repeated append."""
        if not isinstance(first.data, RunCreated):
            raise NotFound(what="run", id="None", hint="only run_created makes a run")
        return self.created_by.get(first.event_id) or new_id("wrun")

    def _snapshot(
        self, run_id: str, events: Sequence[NewEvent], fence: Collection[Hold]
    ) -> Snapshot:
        needs = admission.needs(run_id, events, fence)
        snapshot = Snapshot(self.now(), None)
        for task_id in needs.task_ids:
            task = self.tasks.get(task_id)
            if task is not None:
                snapshot.tasks[task_id] = task
        for token in needs.tokens:
            hook = self.active_by_token.get(token)
            if hook is not None:
                snapshot.tokens[token] = hook
        log = self.logs.get(run_id)
        if log is not None:
            snapshot.head = log.head
            snapshot.steps = some(log.steps, needs.step_ids)
            snapshot.hooks = some(log.hooks, needs.hook_ids)
            snapshot.waits = some(log.waits, needs.wait_ids)
            for event in events:
                position = log.positions.get(event.event_id)
                if position is not None:
                    snapshot.stored[event.event_id] = log.events[position]
        return snapshot

    def _apply(self, run_id: str, admitted: Admission, head: Head) -> None:
        log = self.logs.get(run_id)
        if log is None:
            log = self.new_log(head, admitted.events[0])
        log.head = head
        log.add(admitted.events)
        for step_id, step in admitted.steps.items():
            log.put_step(step_id, step)
        for hook in admitted.hooks.values():
            self.put_hook(log, hook)
        log.waits.update(admitted.waits)
        for task_id in admitted.tasks_gone:
            self.tasks.delete(task_id)
        for task in (*admitted.tasks_new, *admitted.tasks_changed.values()):
            self.tasks.put(task)
        self._rename(run_id, log, admitted.bound)
        if admitted.wakes_run:
            self._wake(run_id)
        if admitted.closes_run:
            self._close(run_id, log, admitted.events[-1].created_at)

    def new_log(self, head: Head, first: Event) -> Log:
        run = head.run
        self.logs[run.run_id] = log = Log(head)
        insort(self.run_keys, (to_us(run.created_at), run.run_id))
        self.created_by[first.event_id] = run.run_id
        return log

    def put_hook(self, log: Log, hook: Hook) -> None:
        if hook.hook_id not in log.hooks:
            key = (to_us(hook.created_at), self.hooks_made, hook.run_id, hook.hook_id)
            insort(self.hook_keys, key)
            self.hooks_made += 1
            self.run_of_hook[hook.hook_id] = hook.run_id
        log.hooks[hook.hook_id] = hook
        if hook.token is None:
            return
        if not hook.ended:
            self.active_by_token[hook.token] = hook
            return
        active = self.active_by_token.get(hook.token)
        if active is not None and active.hook_id == hook.hook_id:
            del self.active_by_token[hook.token]
        self.disposed_by_token[hook.token] = hook

    def _rename(self, run_id: str, log: Log, bound: Mapping[str, str]) -> None:
        """Tasks of a run are called what their recorded names are bound to."""
        if not bound:
            return
        for task in self.tasks.of_run(run_id):
            step = log.steps.get(task.task_id)
            recorded = log.head.run.workflow_name if task.task_id == run_id else ""
            name = bound.get((step.step_name or "") if step else recorded)
            if name is not None:
                self.tasks.put(replace(task, name=name))

    def _wake(self, run_id: str) -> None:
        task = self.tasks.get(run_id)
        if task is None or task.owner is not None or task.parked is not None:
            return
        now = self.now()
        if task.ready_at is None or task.ready_at > now:  # else its turn would come ever later
            self.tasks.put(replace(task, ready_at=now))

    def _close(self, run_id: str, log: Log, at: datetime) -> None:
        """What a run's end does to its hooks, waits and tasks."""
        for hook in log.hooks.values():
            if not hook.ended:
                self.put_hook(log, projection.close_hook(hook, at))
        for wait_id, wait in log.waits.items():
            if not wait.ended:
                log.waits[wait_id] = projection.close_wait(wait, at)
        for task in self.tasks.of_run(run_id):
            if task.kind is TaskKind.STEP and task.owner is not None:
                self.tasks.put(replace(task, abandoned=True))
            else:
                self.tasks.delete(task.task_id)


def some(entities: Mapping[str, T], ids: Iterable[str]) -> dict[str, T]:
    return {id: entities[id] for id in ids if id in entities}
