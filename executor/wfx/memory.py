"""
A complete world in memory: for tests, for simulations and for trying things out.

Everything is kept in dictionaries under one lock; each append decides with
`wfx.admission` and then applies what it was told, which cannot fail half-way. Nothing is
copied on the way in or out: events and entities are frozen, and the JSON inside belongs to
the world once it was handed in.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

from wfx import admission, projection
from wfx.admission import Admission, Snapshot
from wfx.clock import Clock, SystemClock, from_us, to_us
from wfx.entities import (
    Hook,
    HookStatus,
    Run,
    RunStatus,
    Step,
    StepStatus,
    Wait,
    WaitStatus,
    without_data,
)
from wfx.errors import AlreadyExists, EntityGone, LeaseLost, NotFound
from wfx.events import Event, NewEvent, RunCreated, WaitCompleted
from wfx.ids import new_id
from wfx.memory_tasks import State, Tasks
from wfx.world import (
    CODE_REASONS,
    LEASE_DEFAULT,
    PAGE_DEFAULT,
    Archive,
    EventResult,
    Head,
    Hold,
    Order,
    Page,
    ParkReason,
    ResolveData,
    SourceRecord,
    StreamChunk,
    StreamInfo,
    Task,
    TaskKind,
)

if TYPE_CHECKING:
    from types import TracebackType

    from wfx.values import Json
    from wfx.world import ArchiveStore, Events, Hooks, Queue, Runs, Steps, Streams, Waits

T = TypeVar("T")


@dataclass(slots=True)
class _Stream:
    chunks: list[StreamChunk] = field(default_factory=list)
    closed: bool = False


@dataclass(slots=True)
class _Log:
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
    streams: dict[str, _Stream] = field(default_factory=dict)
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


class _State:
    """What the parts of one world share, and how it changes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.changes = 0
        self.logs: dict[str, _Log] = {}
        self.run_keys: list[tuple[int, str]] = []
        """(createdAt, run id) of all runs, sorted."""
        self.created_by: dict[str, str] = {}
        """Run ids by the event ids of their run_created."""
        self.hook_keys: list[tuple[int, int, str, str]] = []
        """(createdAt, order of arrival, run id, hook id) of all hooks, sorted."""
        self.run_of_hook: dict[str, str] = {}
        self.active_by_token: dict[str, Hook] = {}
        self.disposed_by_token: dict[str, Hook] = {}
        self.tasks = Tasks()

    def now(self) -> datetime:
        return from_us(self.clock.now_us())

    def log(self, run_id: str) -> _Log:
        log = self.logs.get(run_id)
        if log is None:
            raise NotFound(what="run", id=run_id)
        return log

    def notify(self) -> None:
        self.changes += 1
        self.changed.notify_all()

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
            snapshot.steps = _some(log.steps, needs.step_ids)
            snapshot.hooks = _some(log.hooks, needs.hook_ids)
            snapshot.waits = _some(log.waits, needs.wait_ids)
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
        if admitted.wakes_run:
            self._wake(run_id)
        if admitted.closes_run:
            self._close(run_id, log, admitted.events[-1].created_at)

    def new_log(self, head: Head, first: Event) -> _Log:
        run = head.run
        self.logs[run.run_id] = log = _Log(head)
        insort(self.run_keys, (to_us(run.created_at), run.run_id))
        self.created_by[first.event_id] = run.run_id
        return log

    def put_hook(self, log: _Log, hook: Hook) -> None:
        if hook.hook_id not in log.hooks:
            order = len(self.hook_keys)
            insort(self.hook_keys, (to_us(hook.created_at), order, hook.run_id, hook.hook_id))
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

    def _wake(self, run_id: str) -> None:
        task = self.tasks.get(run_id)
        if task is not None and task.owner is None and task.parked is None:
            self.tasks.put(replace(task, ready_at=self.now()))

    def _close(self, run_id: str, log: _Log, at: datetime) -> None:
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


def _some(entities: Mapping[str, T], ids: Iterable[str]) -> dict[str, T]:
    return {id: entities[id] for id in ids if id in entities}


def _cursor(cursor: str | None, *, parts: int) -> list[str] | None:
    """The parts of a cursor that a page of ours ended with."""
    if cursor is None:
        return None
    read = cursor.split(":", parts - 1)
    if len(read) != parts or not read[0].lstrip("-").isdigit():
        raise ValueError(f"{cursor!r} is no cursor of this world; use the one a page came with")
    return read


class MemoryEvents:
    """The logs."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def create(
        self,
        run_id: str | None,
        event: NewEvent,
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> EventResult:
        """Append one event."""
        return self._state.append(run_id, [event], after=after, fence=fence)[0]

    def create_batch(
        self,
        run_id: str | None,
        events: Sequence[NewEvent],
        after: int | None = None,
        fence: Collection[Hold] = (),
    ) -> list[EventResult]:
        """Append all of them or none."""
        return self._state.append(run_id, events, after=after, fence=fence)

    def stream(self, run_id: str, from_position: int = 0) -> Iterator[Event]:
        """All events of a run from a position on."""
        with self._state.lock:
            events = self._state.log(run_id).events
            end = len(events)
        # A log only grows, so reading it needs no lock.
        for position in range(max(from_position, 0), end):
            yield events[position]

    def list_by_correlation_id(self, run_id: str, correlation_id: str) -> list[Event]:
        """All events about one step, hook or wait."""
        with self._state.lock:
            return list(self._state.log(run_id).about.get(correlation_id, ()))

    def heads(self, run_ids: Collection[str]) -> dict[str, Head]:
        """Where the logs of these runs end."""
        with self._state.lock:
            return {
                run_id: replace(log.head, run=without_data(log.head.run))
                for run_id, log in _some(self._state.logs, run_ids).items()
            }

    def list(
        self,
        run_id: str,
        from_position: int = 0,
        limit: int | None = None,
        order: Order = "asc",
    ) -> list[Event]:
        """Events of a run from a position on, or downward from it."""
        with self._state.lock:
            events = self._state.log(run_id).events
            if order == "asc":
                start = max(from_position, 0)
                return events[start : None if limit is None else start + limit]
            start = len(events) - 1 if from_position < 0 else min(from_position, len(events) - 1)
            stop = -1 if limit is None else max(start - limit, -1)
            return [events[position] for position in range(start, stop, -1)]


class MemoryRuns:
    """Runs as entities."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def get(self, run_id: str, resolve_data: ResolveData = "all") -> Run:
        """The run of this id."""
        with self._state.lock:
            run = self._state.log(run_id).head.run
            return run if resolve_data == "all" else without_data(run)

    def list(
        self,
        *,
        status: RunStatus | None = None,
        workflow_name: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        parked: bool | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
        order: Order = "desc",
        resolve_data: ResolveData = "none",
    ) -> Page[Run]:
        """Runs by time of creation."""
        at = _cursor(cursor, parts=2)

        def wanted(run: Run) -> bool:
            return (
                (status is None or run.status is status)
                and (workflow_name is None or run.workflow_name == workflow_name)
                and (created_after is None or run.created_at > created_after)
                and (created_before is None or run.created_at < created_before)
                and (parked is None or self._parked(run.run_id) is parked)
            )

        with self._state.lock:
            found: list[Run] = []
            for _, run_id in self._keys(order, (int(at[0]), at[1]) if at else None):
                run = self._state.logs[run_id].head.run
                if not wanted(run):
                    continue
                if len(found) == limit:
                    last = found[-1]
                    more = f"{to_us(last.created_at)}:{last.run_id}"
                    break
                found.append(run)
            else:
                more = None
            return Page(
                found if resolve_data == "all" else [without_data(run) for run in found], more
            )

    def _keys(self, order: Order, past: tuple[int, str] | None) -> Iterator[tuple[int, str]]:
        keys = self._state.run_keys
        if order == "asc":
            places = range(bisect_right(keys, past) if past else 0, len(keys))
        else:
            places = range((bisect_left(keys, past) if past else len(keys)) - 1, -1, -1)
        return (keys[place] for place in places)

    def _parked(self, run_id: str) -> bool:
        task = self._state.tasks.get(run_id)
        return task is not None and task.parked is not None


class MemorySteps:
    """Steps as entities."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def get(self, run_id: str, step_id: str, resolve_data: ResolveData = "all") -> Step:
        """The step of this id."""
        with self._state.lock:
            step = self._state.log(run_id).steps.get(step_id)
            if step is None:
                raise NotFound(what="step", id=step_id, hint=f"the run is {run_id}")
            return step if resolve_data == "all" else without_data(step)

    def list(
        self,
        run_id: str,
        *,
        status: StepStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
        resolve_data: ResolveData = "none",
    ) -> Page[Step]:
        """Steps of a run in the order they were created."""
        at = _cursor(cursor, parts=1)
        with self._state.lock:
            log = self._state.log(run_id)
            found: list[Step] = []
            for place in range(int(at[0]) if at else 0, len(log.step_ids)):
                step = log.steps[log.step_ids[place]]
                if status is not None and step.status is not status:
                    continue
                if len(found) == limit:
                    return Page(found, str(place))
                found.append(step if resolve_data == "all" else without_data(step))
            return Page(found)

    def get_many(self, run_id: str, step_ids: Collection[str]) -> dict[str, Step]:
        """Some steps of a run with their payloads, by id."""
        with self._state.lock:
            steps = self._state.log(run_id).steps
            return {step_id: steps[step_id] for step_id in step_ids if step_id in steps}


class MemoryHooks:
    """Hooks as entities."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def get(self, hook_id: str) -> Hook:
        """The hook of this id."""
        with self._state.lock:
            run_id = self._state.run_of_hook.get(hook_id)
            if run_id is None:
                raise NotFound(what="hook", id=hook_id)
            return self._state.logs[run_id].hooks[hook_id]

    def get_by_token(self, token: str) -> Hook:
        """The active hook of this token, or else the one disposed last."""
        with self._state.lock:
            hook = self._state.active_by_token.get(token)
            hook = hook or self._state.disposed_by_token.get(token)
            if hook is None:
                raise NotFound(what="hook with the token", id=token)
            return hook

    def list(
        self,
        *,
        run_id: str | None = None,
        status: HookStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Hook]:
        """Hooks in the order they were created."""
        at = _cursor(cursor, parts=2)
        with self._state.lock:
            keys = self._state.hook_keys
            past = (int(at[0]), int(at[1]) + 1, "", "") if at else None
            found: list[Hook] = []
            last = ""
            for place in range(bisect_left(keys, past) if past else 0, len(keys)):
                created_us, number, of_run, hook_id = keys[place]
                hook = self._state.logs[of_run].hooks[hook_id]
                if run_id not in (None, of_run) or status not in (None, hook.status):
                    continue
                if len(found) == limit:
                    return Page(found, last)
                found.append(hook)
                last = f"{created_us}:{number}"
            return Page(found)


class MemoryWaits:
    """Waits as entities."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def get(self, run_id: str, wait_id: str) -> Wait:
        """The wait of this id."""
        with self._state.lock:
            wait = self._state.log(run_id).waits.get(wait_id)
            if wait is None:
                raise NotFound(what="wait", id=wait_id, hint=f"the run is {run_id}")
            return wait

    def list(
        self,
        run_id: str,
        *,
        status: WaitStatus | None = None,
        limit: int = PAGE_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Wait]:
        """Waits of a run by (resumeAt, creation)."""
        at = _cursor(cursor, parts=2)
        past = (int(at[0]), int(at[1])) if at else None
        with self._state.lock:
            waits = list(self._state.log(run_id).waits.values())
        keys = sorted((to_us(wait.resume_at), order) for order, wait in enumerate(waits))
        found: list[Wait] = []
        last = ""
        for key in keys[bisect_right(keys, past) if past else 0 :]:
            wait = waits[key[1]]
            if status is not None and wait.status is not status:
                continue
            if len(found) == limit:
                return Page(found, last)
            found.append(wait)
            last = f"{key[0]}:{key[1]}"
        return Page(found)


class MemoryQueue:
    """The tasks: who may do what now."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._tasks = state.tasks

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
        """Claim tasks that are ready, oldest first, each under a new fence number."""

        def may_try(task: Task) -> bool:
            return task.parked is None or (
                task.parked in CODE_REASONS and digest not in task.parked_digests
            )

        with self._state.lock:
            now = self._state.now()
            for task in self._tasks.due(
                now, (State.ABANDONED,), kinds=kinds, queues=queues, names=names, run_id=run_id
            ):
                self._tasks.delete(task.task_id)
            states = [State.FREE, State.CLAIMED]
            if digest is not None:
                states.append(State.PARKED)
            ready = self._tasks.due(
                now,
                states,
                kinds=kinds,
                queues=queues,
                names=names,
                run_id=run_id,
                limit=max(limit, 0),
                accept=may_try,
            )
            claimed = [
                replace(
                    task,
                    owner=owner,
                    fence=task.fence + 1,
                    lease_until=now + lease,
                    ready_at=None,
                    deaths=task.deaths + (task.owner is not None),
                    parked=None,
                    parked_detail=None,
                )
                for task in ready
            ]
            for task in claimed:
                self._tasks.put(task)
            return claimed

    def extend(
        self, owner: str, holds: Collection[Hold], lease: timedelta = LEASE_DEFAULT
    ) -> set[Hold]:
        """Extend the leases of these claims; those still held."""
        held: set[Hold] = set()
        with self._state.lock:
            until = self._state.now() + lease
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
        with self._state.lock:
            task = self._held(hold)
            if task.abandoned:
                self._tasks.delete(task.task_id)
                return
            if task.kind is TaskKind.RUN:
                head = self._state.logs[task.run_id].head
                # A run that nobody started yet waits for no delivery.
                unread = head.last_delivered > read_through
                if unread or head.run.status is RunStatus.PENDING:
                    ready_at = self._state.now()
            elif ready_at is None:
                ready_at = self._state.now()
            self._tasks.put(
                replace(task, owner=None, lease_until=None, ready_at=ready_at, deaths=0)
            )
            if ready_at is not None:
                self._state.notify()

    def park(self, hold: Hold, reason: ParkReason, detail: Json, digest: str | None = None) -> None:
        """Give a claim up and keep others from claiming the task."""
        with self._state.lock:
            task = self._held(hold)
            digests = task.parked_digests
            if digest is not None and digest not in digests:
                digests = (*digests, digest)
            self._tasks.put(
                replace(
                    task,
                    owner=None,
                    lease_until=None,
                    ready_at=self._state.now(),
                    parked=reason,
                    parked_detail=detail,
                    parked_digests=digests,
                )
            )
            self._state.notify()

    def unpark(self, task_id: str) -> bool:
        """Make a parked task ready again; whether it was parked."""
        with self._state.lock:
            task = self._tasks.get(task_id)
            if task is None:
                raise NotFound(what="task", id=task_id)
            if task.parked is None:
                return False
            for other in [task, *self._held_with(task)]:
                self._tasks.put(_unparked(other, self._state.now()))
            self._state.notify()
            return True

    def _held_with(self, task: Task) -> list[Task]:
        """The other tasks of a run that is held as a whole."""
        if task.kind is not TaskKind.RUN or task.parked is not ParkReason.HELD:
            return []
        return [
            other
            for other in self._tasks.of_run(task.run_id)
            if other.parked is ParkReason.HELD and other is not task
        ]

    def due(self, limit: int = 10_000, run_id: str | None = None) -> int:
        """Append `wait_completed` for waits whose moment has come; how many."""
        with self._state.lock:
            tasks = self._tasks.due(
                self._state.now(),
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
                self._state.append(of_run, events, by_world=True)
            return len(tasks)

    def next_ready(
        self, *, kinds: Collection[TaskKind] | None = None, run_id: str | None = None
    ) -> datetime | None:
        """When the earliest unclaimed, unparked task is ready."""
        with self._state.lock:
            return self._tasks.earliest(
                kinds=tuple(TaskKind) if kinds is None else kinds, run_id=run_id
            )

    def get(self, task_id: str) -> Task | None:
        """The task, or None when it is done or never was."""
        with self._state.lock:
            return self._tasks.get(task_id)

    def list(
        self,
        *,
        run_id: str | None = None,
        kind: TaskKind | None = None,
        parked: bool | None = None,
        limit: int = PAGE_DEFAULT,
    ) -> list[Task]:
        """Tasks, those ready first."""
        with self._state.lock:
            tasks = self._tasks.all() if run_id is None else self._tasks.of_run(run_id)
            found = [
                task
                for task in tasks
                if (kind is None or task.kind is kind)
                and (parked is None or (task.parked is not None) is parked)
            ]
            found.sort(key=self._readiness)
            return found[:limit]

    def _readiness(self, task: Task) -> tuple[bool, bool, datetime, int]:
        at = task.ready_at or from_us(0)
        return (task.parked is not None, task.ready_at is None, at, self._tasks.number(task))

    def holders(self) -> dict[str, int]:
        """Owners with claims, and how many each has."""
        with self._state.lock:
            return self._tasks.owners()

    def revoke(self, owner: str) -> int:
        """End the leases of an owner that is surely dead; how many claims it had."""
        with self._state.lock:
            claimed = self._tasks.of_owner(owner)
            for task in claimed:
                if task.abandoned:
                    self._tasks.delete(task.task_id)
                    continue
                self._tasks.put(
                    replace(
                        task,
                        owner=None,
                        lease_until=None,
                        ready_at=self._state.now(),
                        deaths=task.deaths + 1,
                    )
                )
            if claimed:
                self._state.notify()
            return len(claimed)

    def now(self) -> datetime:
        """The world's clock."""
        return self._state.now()

    def _held(self, hold: Hold) -> Task:
        task_id, fence = hold
        task = self._tasks.get(task_id)
        if task is None or task.owner is None or task.fence != fence:
            raise LeaseLost(
                task_id=task_id, fence=fence, holder=None if task is None else task.owner
            )
        return task


def _unparked(task: Task, now: datetime) -> Task:
    # A wait keeps its moment, everything else is ready now.
    ready_at = task.ready_at if task.kind is TaskKind.WAIT else now
    return replace(
        task, parked=None, parked_detail=None, parked_digests=(), deaths=0, ready_at=ready_at
    )


class MemoryStreams:
    """Ordered output of runs."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def write(
        self,
        run_id: str,
        stream: str,
        data: bytes,
        *,
        step_id: str | None = None,
        attempt: int | None = None,
    ) -> int:
        """Append a chunk; its index."""
        with self._state.lock:
            kept = self._state.log(run_id).streams.setdefault(stream, _Stream())
            if kept.closed:
                raise EntityGone(what="stream", id=stream, run_id=run_id, entity_status="closed")
            index = len(kept.chunks)
            kept.chunks.append(
                StreamChunk(run_id, stream, index, bytes(data), step_id, attempt, self._state.now())
            )
            return index

    def close(self, run_id: str, stream: str) -> None:
        """No more chunks."""
        with self._state.lock:
            self._state.log(run_id).streams.setdefault(stream, _Stream()).closed = True

    def read(
        self, run_id: str, stream: str, from_index: int = 0, limit: int = PAGE_DEFAULT
    ) -> tuple[list[StreamChunk], bool]:
        """Chunks from an index on, and whether the stream is closed after them."""
        with self._state.lock:
            kept = self._state.log(run_id).streams.get(stream)
            if kept is None:
                return [], False
            start = max(from_index, 0)
            chunks = kept.chunks[start : start + limit]
            return chunks, kept.closed and start + len(chunks) >= len(kept.chunks)

    def list(self, run_id: str) -> list[StreamInfo]:
        """The streams of a run by name."""
        with self._state.lock:
            return [
                StreamInfo(name, len(kept.chunks), kept.closed)
                for name, kept in sorted(self._state.log(run_id).streams.items())
            ]


class MemoryArchive:
    """Runs brought in whole."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def write(
        self,
        run_id: str,
        events: Sequence[Event],
        source_records: Sequence[SourceRecord] = (),
        certificate: Mapping[str, Json] | None = None,
        *,
        parked: Mapping[str, Json] | None = None,
    ) -> None:
        """Write a run's whole log, folding its entities."""
        head, folded = admission.fold_archived(run_id, events)
        state = self._state
        with state.lock:
            there = state.logs.get(run_id)
            if there is not None:
                if there.events == list(events):
                    return
                raise AlreadyExists(what="run", id=run_id)
            for hook in folded.hooks.values():
                if not hook.ended and hook.token in state.active_by_token:
                    raise AlreadyExists(what="an active hook with the token", id=hook.token)
            log = state.new_log(head, events[0])
            log.add(events)
            for step_id, step in folded.steps.items():
                log.put_step(step_id, step)
            for hook in folded.hooks.values():
                state.put_hook(log, hook)
            log.waits.update(folded.waits)
            log.archive = Archive(
                list(source_records), None if certificate is None else dict(certificate)
            )
            tasks = admission.tasks_of(folded, state.now(), parked=parked)
            for task in tasks:
                state.tasks.put(task)
            if tasks:
                state.notify()

    def read(self, run_id: str) -> Archive:
        """What was kept beside a run."""
        with self._state.lock:
            return self._state.log(run_id).archive


class MemoryWatch:
    """Wakes a thread when the world may have new work or a run ended."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._closed = False
        with state.lock:
            self._seen = state.changes

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; whether something may have changed."""
        with self._state.changed:
            self._state.changed.wait_for(
                lambda: self._closed or self._state.changes != self._seen, timeout
            )
            changed = not self._closed and self._state.changes != self._seen
            self._seen = self._state.changes
            return changed

    def close(self) -> None:
        """A waiting thread returns."""
        with self._state.changed:
            self._closed = True
            self._state.changed.notify_all()


class MemoryWorld:
    """
    A world that lives as long as its process.

    Args:
        clock: What leases, due waits and the times of events are judged by.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        state = _State(clock or SystemClock())
        self._state = state
        self.url = "memory:"
        self.events: Events = MemoryEvents(state)
        self.runs: Runs = MemoryRuns(state)
        self.steps: Steps = MemorySteps(state)
        self.hooks: Hooks = MemoryHooks(state)
        self.waits: Waits = MemoryWaits(state)
        self.queue: Queue = MemoryQueue(state)
        self.streams: Streams = MemoryStreams(state)
        self.archive: ArchiveStore = MemoryArchive(state)

    def watch(self) -> MemoryWatch:
        """A new watch, for one thread."""
        return MemoryWatch(self._state)

    def close(self) -> None:
        """Nothing to close; what it holds goes with the object."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
