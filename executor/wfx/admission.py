"""
What an append does: which events are written, which refused, what they change.

Every world decides with this module, inside the transaction that appends: it asks
`needs()` what to load under the lock of the run, calls `admit()`, and writes what the
`Admission` says. The rules are those of the log (the transition table), of its writers
(`after` and `fence`) and of repeated appends; none of them is anywhere else.

The order in which refusals are looked for is part of the contract, since each asks the
writer for another next move. First the batch as a whole: repeated, then the position. Then
event by event: the missing or ended run; for what only the holder of the run's claim may
write, the claim and then the target, because a writer who lost its claim must stop whatever
it finds; for facts, the target and then the claim, because a claim ends with its target.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wfx import projection
from wfx.binding import names_of
from wfx.entities import Hook, Run, RunStatus, Step, StepStatus, Wait
from wfx.errors import (
    AlreadyExists,
    CorruptLog,
    EntityGone,
    LeaseLost,
    NotFound,
    PositionConflict,
    RunGone,
)
from wfx.events import (
    CANCELS,
    EVENT_TYPES,
    STEP_OUTCOMES,
    EffectRecorded,
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
    HookReceived,
    Kind,
    NewEvent,
    RunBound,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunStarted,
    StepCancelled,
    StepCompleted,
    StepCreated,
    StepFailed,
    StepRetrying,
    StepStarted,
    Subject,
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)
from wfx.frozen import changer, maker, quick, replace
from wfx.world import EventResult, Head, Hold, ParkReason, Task, TaskKind

if TYPE_CHECKING:
    from wfx.entities import Entity
    from wfx.values import Json


_ORDERED: Final = frozenset(
    cls for cls in EVENT_TYPES.values() if cls.kind in (Kind.COMMAND, Kind.EFFECT)
)
"""Events whose order is the code's own: no other command or effect may come between."""
_ENTITLED_BY_RUN: Final = _ORDERED | {RunStarted}
"""Only the holder of the run's claim appends them."""
_ENTITLED_BY_STEP: Final = frozenset({StepStarted, StepRetrying, *STEP_OUTCOMES})
"""Only the holder of the step's claim appends them."""


_make_event = maker(Event)
_make_head = maker(Head)
_make_result = maker(EventResult)
_make_task = maker(Task)
_claimed = changer(Task, "ready_at", "owner", "fence", "lease_until")


_BY_WORLD: Final = frozenset({RunCreated, HookConflict, WaitCompleted})
"""
Only the world writes these to a run that is there: hook_conflict in place of hook_created,
wait_completed by its own clock.
"""


@quick
@dataclass(frozen=True, slots=True)
class Needs:
    """What `admit` must be shown, to be read under the run's lock."""

    step_ids: list[str]
    new_step_ids: set[str]
    """Those of them that the batch makes."""
    hook_ids: list[str]
    wait_ids: list[str]
    tokens: list[str]
    """Tokens that hooks of the batch want."""
    task_ids: list[str]
    """Tasks to be read under their own lock (PROTOCOL 5)."""
    about_run: bool
    """Whether it says something of the run itself."""
    makes_run: bool


@dataclass(slots=True)
class Snapshot:
    """What the world found, all of it under lock."""

    now: datetime
    head: Head | None
    steps: dict[str, Step] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    waits: dict[str, Wait] = field(default_factory=dict)
    tokens: dict[str, Hook] = field(default_factory=dict)
    """The active hook of each token that has one."""
    tasks: dict[str, Task] = field(default_factory=dict)
    stored: dict[str, Event] = field(default_factory=dict)
    """Events of the batch that are in the log already, by event id."""


@dataclass(slots=True)
class Admission:
    """What to write, in one transaction."""

    results: list[EventResult]
    head: Head | None = None
    """The run and its log's end afterwards; None when nothing is written."""
    events: list[Event] = field(default_factory=list)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Where they lie in the log, by the entity they are about: the first and the last."""
    steps: dict[str, Step] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    waits: dict[str, Wait] = field(default_factory=dict)
    tasks_new: list[Task] = field(default_factory=list)
    tasks_changed: dict[str, Task] = field(default_factory=dict)
    tasks_gone: list[str] = field(default_factory=list)
    wakes_run: bool = False
    """Make the run's task ready now, unless it is claimed or parked."""
    closes_run: bool = False
    """
    Afterwards dispose its active hooks, cancel its open waits, delete its tasks but those of
    claimed steps, and mark these abandoned.
    """
    bound: dict[str, str] = field(default_factory=dict)
    """
    Recorded names of workflow and steps that have another name from now on: so are the run's
    task and those of its steps of these names to be called.
    """
    notifies: bool = False
    """Somebody may be waiting for this: wake watchers after the commit."""


def needs(run_id: str, events: Sequence[NewEvent], fence: Collection[Hold]) -> Needs:
    """What must be loaded to decide about this batch."""
    steps: dict[str, None] = {}
    hooks: dict[str, None] = {}
    waits: dict[str, None] = {}
    tokens: dict[str, None] = {}
    tasks: dict[str, None] = {task_id: None for task_id, _ in fence}
    new: set[str] = set()
    about_run = makes_run = False
    for event in events:
        data, id = event.data, event.correlation_id
        cls = type(data)
        subject = cls.subject
        if cls in _ENTITLED_BY_RUN:
            tasks[run_id] = None
        if subject is Subject.RUN:
            about_run = True
            makes_run = makes_run or cls is RunCreated
        elif id is None:
            continue
        elif subject is Subject.STEP:
            steps[id] = None
            if cls is StepCreated:
                new.add(id)
            # The task of a step that this batch makes is nowhere yet.
            elif cls is StepCancelled or (cls in _ENTITLED_BY_STEP and id not in new):
                tasks[id] = None
        elif subject is Subject.HOOK:
            hooks[id] = None
            if isinstance(data, HookCreated) and data.token is not None:
                tokens[data.token] = None
        elif subject is Subject.WAIT:
            waits[id] = None
    return Needs(
        list(steps),
        new,
        list(hooks),
        list(waits),
        list(tokens),
        list(tasks),
        about_run,
        makes_run,
    )


def entitling_task(run_id: str, event: NewEvent) -> str | None:
    """The task whose claim entitles to append this event; None when none is needed."""
    cls = type(event.data)
    if cls in _ENTITLED_BY_RUN:
        return run_id
    return event.correlation_id if cls in _ENTITLED_BY_STEP else None


def admit(
    run_id: str,
    events: Sequence[NewEvent],
    snapshot: Snapshot,
    *,
    after: int | None = None,
    fence: Collection[Hold] = (),
    by_world: bool = False,
) -> Admission:
    """
    Decide what appending this batch does.

    Args:
        by_world: The world itself completes waits that are due; nobody else may.

    Raises:
        NotFound, AlreadyExists, PositionConflict, LeaseLost, RunGone, EntityGone: The
            batch is refused whole, see `wfx.world.Events.create_batch`.
        IllegalEvent: The transition table does not let an event follow; a writer's bug.
    """
    repeated = _repeated(run_id, events, snapshot, after)
    if repeated is not None:
        return repeated
    _check_position(run_id, events, snapshot.head, after)
    return _Batch(run_id, snapshot, dict(fence), by_world).admit(events)


class Incoming:
    """The log of a run that is brought in whole, folded event by event."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.folded = projection.Fold()
        self._count = 0
        self._last_command = self._last_delivered = -1

    def add(self, event: Event) -> None:
        """
        Take the next event.

        Raises:
            CorruptLog, IllegalEvent: It is not the next event of a legal log of this run.
        """
        if event.run_id != self.run_id:
            reason = f"a log of {event.run_id} was given for this run"
            raise CorruptLog(where=self.run_id, reason=reason)
        if event.position != self._count:
            raise CorruptLog(
                where=f"{event.run_id} position {event.position}",
                reason=f"position {self._count} of {self.run_id} was expected here",
            )
        self.folded.add(event)
        self._count += 1
        if type(event.data) in _ORDERED:
            self._last_command = event.position
        if event.data.delivered:
            self._last_delivered = event.position

    def head(self) -> Head:
        """
        Where the log ends.

        Raises:
            CorruptLog: It is empty, or two open things in it have one id, or one token.
        """
        if self.folded.run is None:
            raise CorruptLog(where=self.run_id, reason="an empty log was given for this run")
        self._check_open()
        return Head(self.folded.run, self._count, self._last_command, self._last_delivered)

    def _check_open(self) -> None:
        """The work on two things of one id could not be told apart, nor payloads for one token."""
        folded = self.folded
        named = [(self.run_id, "the run")] if folded.run and not folded.run.ended else []
        named += [(id, "a step") for id, step in folded.steps.items() if not step.ended]
        named += [(id, "a wait") for id, wait in folded.waits.items() if not wait.ended]
        self._check_apart(named, "are both called {}, and both are open")
        tokens = [
            (hook.token, hook.hook_id)
            for hook in folded.hooks.values()
            if hook.token is not None and not hook.ended
        ]
        self._check_apart(tokens, "are both active, with the token {!r}")

    def _check_apart(self, named: Iterable[tuple[str, str]], reason: str) -> None:
        met: dict[str, str] = {}
        for name, what in named:
            if name in met:
                both = f"{met[name]} and {what} {reason.format(name)}"
                raise CorruptLog(where=self.run_id, reason=both)
            met[name] = what


def tasks_of(
    folded: projection.Fold, now: datetime, *, parked: Mapping[str, Json] | None = None
) -> list[Task]:
    """
    The work of a run that is brought in whole: none if it ended.

    Args:
        parked: Park all of it as held, with this report.
    """
    run = folded.run
    if run is None or run.ended:
        return []
    names = names_of(run.execution_context)
    tasks = [
        Task(
            task_id=run.run_id,
            kind=TaskKind.RUN,
            run_id=run.run_id,
            name=names.get(run.workflow_name, run.workflow_name),
            priority=priority_of(run.execution_context),
            ready_at=now,
        )
    ]
    tasks += [
        Task(
            task_id=step.step_id,
            kind=TaskKind.STEP,
            run_id=run.run_id,
            name=names.get(step.step_name or "", step.step_name or ""),
            queue=step.queue,
            priority=priority_of(run.execution_context),
            ready_at=step.retry_after or now,
        )
        for step in folded.steps.values()
        if not step.ended
    ]
    tasks += [
        Task(
            task_id=wait.wait_id,
            kind=TaskKind.WAIT,
            run_id=run.run_id,
            name="",
            ready_at=wait.resume_at,
        )
        for wait in folded.waits.values()
        if not wait.ended
    ]
    if parked is None:
        return tasks
    detail = dict(parked)
    return [replace(task, parked=ParkReason.HELD, parked_detail=detail) for task in tasks]


def priority_of(execution_context: Mapping[str, Json] | None) -> int:
    """The priority that a run was started with."""
    given = (execution_context or {}).get("priority")
    return given if type(given) is int else 0


def _repeated(
    run_id: str, events: Sequence[NewEvent], snapshot: Snapshot, after: int | None
) -> Admission | None:
    """The stored answer to a batch that was appended before, or None if it is new."""
    if not snapshot.stored:
        return None
    results = []
    for event in events:
        stored = snapshot.stored.get(event.event_id)
        if stored is None and not _dropped(event, snapshot):
            # Some are there and some are not: another writer used these ids.
            actual = snapshot.head.next_position - 1 if snapshot.head else -1
            raise PositionConflict(
                run_id=run_id, expected=-1 if after is None else after, actual=actual
            )
        results.append(EventResult(stored, _entity(event, snapshot), stored=True))
    return Admission(results)


def _dropped(event: NewEvent, snapshot: Snapshot) -> bool:
    """Whether this is a cancel or dispose that lost against the end of its target."""
    if isinstance(event.data, RunCancelled):
        return snapshot.head is not None and snapshot.head.run.status is RunStatus.CANCELLED
    if not isinstance(event.data, CANCELS):
        return False
    entity = _entity(event, snapshot)
    if entity is None and event.correlation_id is not None:
        return _refused_hook(event.correlation_id, snapshot.stored.values())
    return entity is not None and entity.ended


def _refused_hook(hook_id: str, events: Iterable[Event]) -> bool:
    """Whether one of these events says that the hook's token was taken."""
    return any(
        isinstance(event.data, HookConflict) and event.correlation_id == hook_id for event in events
    )


def _entity(event: NewEvent, snapshot: Snapshot) -> Entity | None:
    id = event.correlation_id
    match event.data.subject:
        case Subject.RUN:
            return snapshot.head.run if snapshot.head else None
        case Subject.STEP if id is not None:
            return snapshot.steps.get(id)
        case Subject.HOOK if id is not None:
            return snapshot.hooks.get(id)
        case Subject.WAIT if id is not None:
            return snapshot.waits.get(id)
        case _:
            return None


def _check_position(
    run_id: str, events: Sequence[NewEvent], head: Head | None, after: int | None
) -> None:
    """PROTOCOL 1: what refuses what."""
    if after is None or head is None or head.next_position <= after + 1:
        return
    claims_order = any(type(event.data) in _ORDERED for event in events)
    bets = any(event.data.delivered for event in events)
    # An ended run is answered with RunGone, which tells more.
    if head.run.ended:
        return
    if (claims_order and head.last_command > after) or (bets and head.last_delivered > after):
        raise PositionConflict(run_id=run_id, expected=after, actual=head.next_position - 1)


class _Batch:
    """The fold of one batch over what the world found."""

    def __init__(
        self, run_id: str, snapshot: Snapshot, fence: dict[str, int], by_world: bool
    ) -> None:
        self.run_id = run_id
        self.now = snapshot.now
        self.found = snapshot
        self.fence = fence
        self.by_world = by_world
        head = snapshot.head
        self.run: Run | None = head.run if head else None
        self.ended = head is not None and head.run.ended
        self.position = head.next_position if head else 0
        self.last_command = head.last_command if head else -1
        self.last_delivered = head.last_delivered if head else -1
        self.new_tasks: dict[str, Task] = {}
        self.gone: set[str] = set()
        self.tokens: dict[str, Hook | None] = dict(snapshot.tokens)
        """Who has each token, as far as this batch wants it or touched it."""
        self.out = Admission([])

    def admit(self, events: Sequence[NewEvent]) -> Admission:
        for event in events:
            self.out.results.append(self._one(event))
        if self.out.events:
            assert self.run is not None  # the first event of a log makes the run
            self.out.head = _make_head(
                self.run, self.position, self.last_command, self.last_delivered
            )
            self._settle_run_task()
        self.out.tasks_new = list(self.new_tasks.values())
        return self.out

    # -- one event ------------------------------------------------------------------------

    def _one(self, event: NewEvent) -> EventResult:
        data = event.data
        if self.run is None:
            return self._first(event)
        if type(data) in _BY_WORLD:
            self._refuse_by_world(event)
        if self.ended and not isinstance(data, STEP_OUTCOMES):
            if isinstance(data, RunCancelled) and self.run.status is RunStatus.CANCELLED:
                return EventResult(None, self.run)
            raise RunGone(run_id=self.run_id, run_status=self.run.status)
        return _DECIDERS[type(data)](self, event, data)

    def _refuse_by_world(self, event: NewEvent) -> None:
        """Refuse what no writer appends to a run that is there: the world itself does."""
        if isinstance(event.data, RunCreated):
            raise AlreadyExists(what="run", id=self.run_id)
        if isinstance(event.data, HookConflict) or not self.by_world:
            raise LeaseLost(task_id=event.correlation_id or self.run_id, fence=None)

    def _first(self, event: NewEvent) -> EventResult:
        if not isinstance(event.data, RunCreated):
            raise NotFound(what="run", id=self.run_id)
        self.run = projection.project_run(None, self.run_id, event.data, self.now)
        self.new_tasks[self.run_id] = Task(
            task_id=self.run_id,
            kind=TaskKind.RUN,
            run_id=self.run_id,
            name=event.data.workflow_name,
            priority=priority_of(event.data.execution_context),
            ready_at=self.now,
        )
        self.out.notifies = True
        return self._keep(event, event.data, self.run)

    def _run(self, event: NewEvent, data: EventData) -> EventResult:
        assert self.run is not None
        self._entitle(event)
        if isinstance(data, RunStarted) and self.run.status is RunStatus.RUNNING:
            raise AlreadyExists(what="run_started of", id=self.run_id)
        self.run = projection.project_run(self.run, self.run_id, data, self.now)
        if isinstance(data, RunBound):
            self.out.bound |= data.names
            self.out.notifies = True
        self.ended = self.run.ended
        if self.ended:
            self.out.closes_run = True
            self.out.notifies = True
        return self._keep(event, data, self.run)

    def _effect(self, event: NewEvent, data: EffectRecorded) -> EventResult:
        self._check_claim(self.run_id)
        return self._keep(event, data, None)

    def _step_created(self, event: NewEvent, data: StepCreated) -> EventResult:
        step_id = self._target(event, "step")
        run_task = self._check_claim(self.run_id)
        if step_id in self.out.steps or step_id in self.found.steps:
            raise AlreadyExists(what="step", id=step_id)
        self.new_tasks[step_id] = _make_task(
            task_id=step_id,
            kind=TaskKind.STEP,
            run_id=self.run_id,
            name=data.step_name or "",
            queue=data.queue or "default",
            priority=run_task.priority if data.priority is None else data.priority,
            key=data.key or "",
            ready_at=self.now,
        )
        return self._moved_step(event, None, step_id)

    def _step_started(self, event: NewEvent, data: StepStarted) -> EventResult:
        step_id = self._target(event, "step")
        step, task = self.out.steps.get(step_id), self.new_tasks.get(step_id)
        if step is not None and task is not None and task.owner is None:
            self.new_tasks[step_id] = self._claimed_by_creator(task)
        else:
            step = self._open_step(event, data)
            self._check_claim(step_id)
        if data.attempt != step.attempt + 1:
            raise AlreadyExists(what=f"attempt {data.attempt} of step", id=step_id)
        return self._moved_step(event, step, step_id)

    def _step_retrying(self, event: NewEvent, data: StepRetrying) -> EventResult:
        step = self._open_step(event, data)
        step_id = step.step_id
        task = self._check_claim(step_id)
        result = self._moved_step(event, step, step_id)
        retried = replace(
            task, owner=None, lease_until=None, ready_at=data.retry_after or self.now, deaths=0
        )
        if step_id in self.new_tasks:
            self.new_tasks[step_id] = retried
        else:
            self.out.tasks_changed[step_id] = retried
        self.out.notifies = True
        return result

    def _step_ended(self, event: NewEvent, data: EventData) -> EventResult:
        step = self._open_step(event, data)
        self._check_claim(step.step_id)
        result = self._moved_step(event, step, step.step_id)
        self._delete_task(step.step_id)
        return result

    def _step_cancelled(self, event: NewEvent, data: StepCancelled) -> EventResult:
        step_id = self._target(event, "step")
        self._check_claim(self.run_id)
        step = self._known_step(step_id)
        if step.ended:
            return EventResult(None, step)
        self._abandon_or_delete(step_id)
        return self._moved_step(event, step, step_id)

    def _moved_step(self, event: NewEvent, step: Step | None, step_id: str) -> EventResult:
        """Fold the event into the step, and keep both."""
        moved = projection.project_step(step, self.run_id, step_id, event.data, self.now)
        self.out.steps[step_id] = moved
        return self._keep(event, event.data, moved)

    def _known_step(self, step_id: str) -> Step:
        step = self.out.steps.get(step_id) or self.found.steps.get(step_id)
        if step is None:
            raise NotFound(what="step", id=step_id, hint=f"the run is {self.run_id}")
        return step

    def _open_step(self, event: NewEvent, data: EventData) -> Step:
        """The step; what comes too late for it is refused before any claim is looked at."""
        step = self._known_step(self._target(event, "step"))
        if not (self.ended or step.ended):
            return step
        done = step.status in (StepStatus.COMPLETED, StepStatus.FAILED)
        # A running attempt of a cancelled step, or of an ended run, still has its task.
        late = not isinstance(data, STEP_OUTCOMES) or self._task(step.step_id) is None
        if done or late:
            raise EntityGone(
                what="step", id=step.step_id, run_id=self.run_id, entity_status=step.status
            )
        return step

    def _hook(self, event: NewEvent, data: EventData) -> EventResult:
        hook_id = self._target(event, "hook")
        hook = self.out.hooks.get(hook_id) or self.found.hooks.get(hook_id)
        if isinstance(data, (HookCreated, HookDisposed)):
            self._entitle(event)
        if isinstance(data, HookCreated):
            if hook is not None:
                raise AlreadyExists(what="hook", id=hook_id)
            taken = self.tokens.get(data.token) if data.token is not None else None
            if taken is not None and data.token is not None:
                conflict = HookConflict(token=data.token, conflicting_run_id=taken.run_id)
                self.out.notifies = True
                return self._keep(event, conflict, None)
        elif hook is None:
            if isinstance(data, HookDisposed) and _refused_hook(hook_id, self.out.events):
                # Opened and disposed in one batch: it never was ours.
                return EventResult(None)
            raise NotFound(what="hook", id=hook_id, hint=f"the run is {self.run_id}")
        elif hook.ended:
            if isinstance(data, HookDisposed):
                return EventResult(None, hook)
            raise EntityGone(what="hook", id=hook_id, run_id=self.run_id, entity_status=hook.status)
        moved = projection.project_hook(hook, self.run_id, hook_id, data, self.now)
        self.out.hooks[hook_id] = moved
        if moved.token is not None and not isinstance(data, HookReceived):
            self.tokens[moved.token] = None if moved.ended else moved
        return self._keep(event, data, moved)

    def _wait(self, event: NewEvent, data: EventData) -> EventResult:
        wait_id = self._target(event, "wait")
        wait = self.out.waits.get(wait_id) or self.found.waits.get(wait_id)
        if isinstance(data, (WaitCreated, WaitCancelled)):
            self._entitle(event)
        if isinstance(data, WaitCreated):
            if wait is not None:
                raise AlreadyExists(what="wait", id=wait_id)
            self.new_tasks[wait_id] = Task(
                task_id=wait_id,
                kind=TaskKind.WAIT,
                run_id=self.run_id,
                name="",
                ready_at=data.resume_at,
            )
            self.out.notifies = True
        elif wait is None:
            raise NotFound(what="wait", id=wait_id, hint=f"the run is {self.run_id}")
        elif wait.ended:
            if isinstance(data, WaitCancelled):
                return EventResult(None, wait)
            raise EntityGone(what="wait", id=wait_id, run_id=self.run_id, entity_status=wait.status)
        else:
            self._delete_task(wait_id)
        moved = projection.project_wait(wait, self.run_id, wait_id, data, self.now)
        self.out.waits[wait_id] = moved
        return self._keep(event, data, moved)

    def _keep(self, event: NewEvent, data: EventData, entity: Entity | None) -> EventResult:
        """Give the event its position."""
        position, id, out = self.position, event.correlation_id, self.out
        kept = _make_event(event.event_id, self.run_id, position, self.now, data, id, event.legacy)
        if id is not None:
            span = out.spans.get(id)
            out.spans[id] = (position if span is None else span[0], position)
        if type(data) in _ORDERED:
            self.last_command = position
        if data.delivered:
            self.last_delivered = position
        self.position = position + 1
        out.events.append(kept)
        return _make_result(kept, entity)

    # -- claims and tasks -----------------------------------------------------------------

    def _target(self, event: NewEvent, what: str) -> str:
        if event.correlation_id is None:
            raise NotFound(what=what, id="None", hint=f"{event.data.type} names no {what}")
        return event.correlation_id

    def _entitle(self, event: NewEvent) -> None:
        """Check the claim that entitles to this event, if it takes one."""
        task_id = entitling_task(self.run_id, event)
        if task_id is not None:
            self._check_claim(task_id)

    def _check_claim(self, task_id: str) -> Task:
        """The task, whose claim the writer must hold."""
        task = self._task(task_id)
        number = self.fence.get(task_id)
        if task is None or task.owner is None or number != task.fence:
            raise LeaseLost(
                task_id=task_id, fence=number, holder=task.owner if task is not None else None
            )
        return task

    def _task(self, task_id: str) -> Task | None:
        if task_id in self.gone:
            return None
        if task_id in self.new_tasks:
            return self.new_tasks[task_id]
        return self.out.tasks_changed.get(task_id) or self.found.tasks.get(task_id)

    def _delete_task(self, task_id: str) -> None:
        if self.new_tasks.pop(task_id, None) is None:
            self.out.tasks_changed.pop(task_id, None)
            self.out.tasks_gone.append(task_id)
        self.gone.add(task_id)

    def _claimed_by_creator(self, task: Task) -> Task:
        """The creator of a step claims it in the same transaction, as fence 1."""
        run_task = self.found.tasks[self.run_id]  # with whose claim the step was made
        return _claimed(task, None, run_task.owner, 1, run_task.lease_until)

    def _abandon_or_delete(self, step_id: str) -> None:
        """PROTOCOL 16: the task of a running step stays for its outcome."""
        task = self._task(step_id)
        if task is None or task.owner is None or step_id in self.new_tasks:
            self._delete_task(step_id)
        else:
            self.out.tasks_changed[step_id] = replace(task, abandoned=True)

    def _settle_run_task(self) -> None:
        """Wake the run if somebody else must go on with it; an append ends a row of deaths."""
        for task in self.new_tasks.values():
            if task.owner is None:
                self.out.notifies = True
        if self.out.closes_run:
            return
        own = self.found.tasks.get(self.run_id)
        # A claim that was released keeps its number, so that alone proves nothing.
        held = own is not None and own.owner is not None
        if held and own is not None and self.fence.get(self.run_id) == own.fence:
            if own.deaths:
                self.out.tasks_changed[self.run_id] = replace(own, deaths=0)
        elif any(event.data.delivered for event in self.out.events):
            self.out.wakes_run = True
            self.out.notifies = True


_DECIDERS: Final[Mapping[type[EventData], Callable[[_Batch, NewEvent, Any], EventResult]]] = {
    RunStarted: _Batch._run,
    RunBound: _Batch._run,
    RunCompleted: _Batch._run,
    RunFailed: _Batch._run,
    RunCancelled: _Batch._run,
    StepCreated: _Batch._step_created,
    StepStarted: _Batch._step_started,
    StepRetrying: _Batch._step_retrying,
    StepCompleted: _Batch._step_ended,
    StepFailed: _Batch._step_ended,
    StepCancelled: _Batch._step_cancelled,
    HookCreated: _Batch._hook,
    HookReceived: _Batch._hook,
    HookDisposed: _Batch._hook,
    WaitCreated: _Batch._wait,
    WaitCompleted: _Batch._wait,
    WaitCancelled: _Batch._wait,
    EffectRecorded: _Batch._effect,
}
"""What decides about an event of this type, in a run that is there and has not ended."""
