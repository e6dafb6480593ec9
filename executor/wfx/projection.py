"""
Event → entity, pure: the one place where a run, step, hook or wait is made or moved.

Every world folds with these functions, and so do import, migration and verification. Each
takes the entity as it was (None when the event makes it) and returns it as it is after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wfx import machine
from wfx.binding import is_migrated, with_names
from wfx.entities import Hook, HookStatus, Run, Step, StepStatus, Wait, WaitStatus
from wfx.errors import CorruptLog, IllegalEvent
from wfx.events import (
    Event,
    EventData,
    HookConflict,
    HookCreated,
    HookReceived,
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
    WaitCreated,
)
from wfx.frozen import changer, maker, replace

if TYPE_CHECKING:
    from wfx.entities import Entity

_make_step = maker(Step)
_touched = changer(Step, "updated_at")
_started = changer(Step, "status", "attempt", "first_started_at", "retry_after", "updated_at")
_completed = changer(Step, "status", "output", "completed_at", "updated_at")


def project_run(
    run: Run | None, run_id: str, data: EventData, at: datetime, *, position: int | None = None
) -> Run:
    """
    The run after `data`, which happened at `at`.

    Raises:
        IllegalEvent: If it may not happen to a run in this state.
    """
    status = machine.next_run_status(run.status if run else None, data, position=position)
    match data:
        case RunCreated():
            return Run(
                run_id=run_id,
                workflow_name=data.workflow_name,
                deployment_id=data.deployment_id,
                status=status,
                input=data.input,
                kwargs=data.kwargs,
                execution_context=data.execution_context,
                created_at=at,
                updated_at=at,
            )
        case _ if run is None:
            raise AssertionError("the table lets only run_created make a run")
        case RunStarted():
            return replace(run, status=status, started_at=run.started_at or at, updated_at=at)
        case RunCompleted():
            return replace(run, status=status, output=data.output, completed_at=at, updated_at=at)
        case RunFailed():
            return replace(
                run,
                status=status,
                error=data.error,
                error_code=data.error_code,
                completed_at=at,
                updated_at=at,
            )
        case RunCancelled():
            return replace(
                run, status=status, cancel_reason=data.reason, completed_at=at, updated_at=at
            )
        case RunBound():
            context = run.execution_context
            if context is None or not is_migrated(context):
                raise IllegalEvent(
                    event_type=data.type,
                    subject="the run",
                    status="not migrated",
                    position=position,
                )
            context = with_names(context, data.names)
            return replace(run, status=status, execution_context=context, updated_at=at)
        case _:
            raise AssertionError(f"{data.type} is not about a run")


def project_step(
    step: Step | None,
    run_id: str,
    step_id: str,
    data: EventData,
    at: datetime,
    *,
    position: int | None = None,
) -> Step:
    """
    The step after `data`, which happened at `at`.

    Raises:
        IllegalEvent: If it may not happen to a step in this state.
    """
    status = machine.next_step_status(step.status if step else None, data, position=position)
    if step is not None:
        return _STEP_MOVES[type(data)](step, data, status, at)
    assert isinstance(data, StepCreated)  # the table lets only step_created make a step
    return _make_step(
        step_id=step_id,
        run_id=run_id,
        step_name=data.step_name,
        status=status,
        input=data.input,
        kwargs=data.kwargs,
        queue=data.queue or "default",
        call=data.call,
        created_at=at,
        updated_at=at,
    )


def _start_step(step: Step, data: StepStarted, status: StepStatus, at: datetime) -> Step:
    return _started(step, status, step.attempt + 1, step.first_started_at or at, None, at)


def _retry_step(step: Step, data: StepRetrying, status: StepStatus, at: datetime) -> Step:
    return replace(
        step,
        status=status,
        failures=step.failures + 1,
        error=data.error,
        retry_after=data.retry_after,
        updated_at=at,
    )


def _complete_step(step: Step, data: StepCompleted, status: StepStatus, at: datetime) -> Step:
    if status is StepStatus.CANCELLED:
        return _touched(step, at)
    return _completed(step, status, data.result, at, at)


def _fail_step(step: Step, data: StepFailed, status: StepStatus, at: datetime) -> Step:
    if status is StepStatus.CANCELLED:
        return _touched(step, at)
    return replace(
        step,
        status=status,
        failures=step.failures + (step.status is StepStatus.RUNNING),
        error=data.error,
        completed_at=at,
        updated_at=at,
    )


def _cancel_step(step: Step, data: StepCancelled, status: StepStatus, at: datetime) -> Step:
    return replace(step, status=status, completed_at=at, updated_at=at)


_STEP_MOVES: Final[Mapping[type[EventData], Callable[[Step, Any, StepStatus, datetime], Step]]] = {
    StepStarted: _start_step,
    StepRetrying: _retry_step,
    StepCompleted: _complete_step,
    StepFailed: _fail_step,
    StepCancelled: _cancel_step,
}


def project_hook(
    hook: Hook | None,
    run_id: str,
    hook_id: str,
    data: EventData,
    at: datetime,
    *,
    position: int | None = None,
) -> Hook:
    """
    The hook after `data`, which happened at `at`.

    Raises:
        IllegalEvent: If it may not happen to a hook in this state.
    """
    status = machine.next_hook_status(hook.status if hook else None, data, position=position)
    if isinstance(data, HookCreated):
        return Hook(
            hook_id=hook_id,
            run_id=run_id,
            token=data.token,
            status=status,
            schema=data.schema,
            metadata=data.metadata,
            created_at=at,
        )
    if hook is None:
        raise AssertionError("the table lets only hook_created make a hook")
    if isinstance(data, HookReceived):
        return replace(hook, received=hook.received + 1)
    return replace(hook, status=status, disposed_at=at)


def project_wait(
    wait: Wait | None,
    run_id: str,
    wait_id: str,
    data: EventData,
    at: datetime,
    *,
    position: int | None = None,
) -> Wait:
    """
    The wait after `data`, which happened at `at`.

    Raises:
        IllegalEvent: If it may not happen to a wait in this state.
    """
    status = machine.next_wait_status(wait.status if wait else None, data, position=position)
    if isinstance(data, WaitCreated):
        return Wait(
            wait_id=wait_id,
            run_id=run_id,
            status=status,
            delay=data.delay,
            resume_at=data.resume_at,
            created_at=at,
        )
    if wait is None:
        raise AssertionError("the table lets only wait_created make a wait")
    return replace(wait, status=status, completed_at=at)


def close_hook(hook: Hook, at: datetime) -> Hook:
    """The hook after its run ended."""
    return hook if hook.ended else replace(hook, status=HookStatus.DISPOSED, disposed_at=at)


def close_wait(wait: Wait, at: datetime) -> Wait:
    """The wait after its run ended."""
    return wait if wait.ended else replace(wait, status=WaitStatus.CANCELLED, completed_at=at)


@dataclass(slots=True)
class Fold:
    """All entities of one run, folded from its log event by event."""

    run: Run | None = None
    steps: MutableMapping[str, Step] = field(default_factory=dict)
    hooks: MutableMapping[str, Hook] = field(default_factory=dict)
    waits: MutableMapping[str, Wait] = field(default_factory=dict)

    def add(self, event: Event) -> Entity | None:
        """
        Fold one more event; the entity it made or moved, if any.

        Raises:
            IllegalEvent: If the transition table does not let it follow.
            CorruptLog: If it lacks the id of what it is about.
        """
        data, at, position = event.data, event.created_at, event.position
        if data.subject is Subject.RUN:
            self.run = project_run(self.run, event.run_id, data, at, position=position)
            if self.run.ended:
                for open_hook in [hook for hook in self.hooks.values() if not hook.ended]:
                    self.hooks[open_hook.hook_id] = close_hook(open_hook, at)
                for open_wait in [wait for wait in self.waits.values() if not wait.ended]:
                    self.waits[open_wait.wait_id] = close_wait(open_wait, at)
            return self.run
        machine.check_run_permits(self.run.status if self.run else None, data, position=position)
        if data.subject is Subject.EFFECT or isinstance(data, HookConflict):
            return None
        id = event.correlation_id
        if id is None:
            raise without_id(event)
        if data.subject is Subject.STEP:
            step = project_step(self.steps.get(id), event.run_id, id, data, at, position=position)
            self.steps[id] = step
            return step
        if data.subject is Subject.HOOK:
            hook = project_hook(self.hooks.get(id), event.run_id, id, data, at, position=position)
            self.hooks[id] = hook
            return hook
        wait = project_wait(self.waits.get(id), event.run_id, id, data, at, position=position)
        self.waits[id] = wait
        return wait


def fold(events: Iterable[Event]) -> Fold:
    """
    Fold a whole log, checking that its positions are dense and each event legal.

    Raises:
        IllegalEvent: At the first event the transition table does not let follow.
        CorruptLog: If a position is missing or doubled, or the runs are mixed.
    """
    folded = Fold()
    run_id: str | None = None
    for expected, event in enumerate(events):
        run_id = run_id or event.run_id
        if event.position != expected or event.run_id != run_id:
            raise out_of_place(event, expected, run_id)
        folded.add(event)
    return folded


def without_id(event: Event) -> CorruptLog:
    """The error of an event that does not say what it is about."""
    return CorruptLog(
        where=f"{event.run_id} position {event.position}",
        reason=f"{event.type} has no correlationId",
    )


def out_of_place(event: Event, expected: int, run_id: str) -> CorruptLog:
    """The error of an event that does not continue its log."""
    return CorruptLog(
        where=f"{event.run_id} position {event.position}",
        reason=f"position {expected} of {run_id} was expected here",
    )
