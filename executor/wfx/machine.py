"""
The state machines of a run, a step, a hook and a wait.

Everything that decides whether one event may follow another lives in this file, as tables.
A world consults them inside the transaction that appends, replay before it trusts a
recording, and migration before it writes a converted log, so the three can never disagree
about what a legal log is. The diagrams in `docs/explanation/event-log.md` are drawn from
the tables too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wfx.entities import HookStatus, RunStatus, StepStatus, WaitStatus
from wfx.errors import IllegalEvent
from wfx.events import (
    EffectRecorded,
    EventData,
    HookConflict,
    HookCreated,
    HookDisposed,
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
    WaitCancelled,
    WaitCompleted,
    WaitCreated,
)

RUN_TRANSITIONS: Final[Mapping[tuple[RunStatus | None, type[EventData]], RunStatus]] = {
    (None, RunCreated): RunStatus.PENDING,
    (RunStatus.PENDING, RunStarted): RunStatus.RUNNING,
    # Other formats may mark a run started more than once; the first `startedAt` stays.
    (RunStatus.RUNNING, RunStarted): RunStatus.RUNNING,
    (RunStatus.RUNNING, RunCompleted): RunStatus.COMPLETED,
    (RunStatus.PENDING, RunFailed): RunStatus.FAILED,
    (RunStatus.RUNNING, RunFailed): RunStatus.FAILED,
    (RunStatus.PENDING, RunCancelled): RunStatus.CANCELLED,
    (RunStatus.RUNNING, RunCancelled): RunStatus.CANCELLED,
    # Whether the run was migrated, and so has anything to bind, `wfx.projection` looks at.
    (RunStatus.PENDING, RunBound): RunStatus.PENDING,
    (RunStatus.RUNNING, RunBound): RunStatus.RUNNING,
}

STEP_TRANSITIONS: Final[Mapping[tuple[StepStatus | None, type[EventData]], StepStatus]] = {
    (None, StepCreated): StepStatus.PENDING,
    (StepStatus.PENDING, StepStarted): StepStatus.RUNNING,
    # An attempt was lost, to a crash or an expired lease, and the next one begins.
    (StepStatus.RUNNING, StepStarted): StepStatus.RUNNING,
    (StepStatus.RUNNING, StepRetrying): StepStatus.PENDING,
    (StepStatus.RUNNING, StepCompleted): StepStatus.COMPLETED,
    (StepStatus.RUNNING, StepFailed): StepStatus.FAILED,
    # A step that can never start, for example because its code is gone.
    (StepStatus.PENDING, StepFailed): StepStatus.FAILED,
    (StepStatus.PENDING, StepCancelled): StepStatus.CANCELLED,
    (StepStatus.RUNNING, StepCancelled): StepStatus.CANCELLED,
    # The attempt that ran when the step was cancelled ended after all: the fact is kept.
    (StepStatus.CANCELLED, StepCompleted): StepStatus.CANCELLED,
    (StepStatus.CANCELLED, StepFailed): StepStatus.CANCELLED,
}

HOOK_TRANSITIONS: Final[Mapping[tuple[HookStatus | None, type[EventData]], HookStatus]] = {
    (None, HookCreated): HookStatus.ACTIVE,
    (HookStatus.ACTIVE, HookReceived): HookStatus.ACTIVE,
    (HookStatus.ACTIVE, HookDisposed): HookStatus.DISPOSED,
}

WAIT_TRANSITIONS: Final[Mapping[tuple[WaitStatus | None, type[EventData]], WaitStatus]] = {
    (None, WaitCreated): WaitStatus.WAITING,
    (WaitStatus.WAITING, WaitCompleted): WaitStatus.COMPLETED,
    (WaitStatus.WAITING, WaitCancelled): WaitStatus.CANCELLED,
}

_OPEN: Final = frozenset({RunStatus.PENDING, RunStatus.RUNNING})
_ANY: Final = frozenset(RunStatus)

RUN_PERMITS: Final[Mapping[type[EventData], frozenset[RunStatus]]] = {
    StepCreated: _OPEN,
    StepStarted: _OPEN,
    StepRetrying: _OPEN,
    # A step that was running when its run ended may still complete or fail: facts are kept.
    StepCompleted: _ANY,
    StepFailed: _ANY,
    StepCancelled: _OPEN,
    HookCreated: _OPEN,
    HookConflict: _OPEN,
    HookReceived: _OPEN,
    HookDisposed: _OPEN,
    WaitCreated: _OPEN,
    WaitCompleted: _OPEN,
    WaitCancelled: _OPEN,
    EffectRecorded: _OPEN,
}
"""In which states of its run an event about something else than the run may come."""


def next_run_status(
    status: RunStatus | None, data: EventData, *, position: int | None = None
) -> RunStatus:
    """
    Return the status a run has after `data`.

    Raises:
        IllegalEvent: If the table has no row for this status and event.
    """
    try:
        return RUN_TRANSITIONS[status, type(data)]
    except KeyError:
        raise IllegalEvent(
            event_type=data.type, subject="the run", status=status, position=position
        ) from None


def next_step_status(
    status: StepStatus | None, data: EventData, *, position: int | None = None
) -> StepStatus:
    """
    Return the status a step has after `data`.

    Raises:
        IllegalEvent: If the table has no row for this status and event.
    """
    try:
        return STEP_TRANSITIONS[status, type(data)]
    except KeyError:
        raise IllegalEvent(
            event_type=data.type, subject="the step", status=status, position=position
        ) from None


def next_hook_status(
    status: HookStatus | None, data: EventData, *, position: int | None = None
) -> HookStatus:
    """
    Return the status a hook has after `data`.

    Raises:
        IllegalEvent: If the table has no row for this status and event.
    """
    try:
        return HOOK_TRANSITIONS[status, type(data)]
    except KeyError:
        raise IllegalEvent(
            event_type=data.type, subject="the hook", status=status, position=position
        ) from None


def next_wait_status(
    status: WaitStatus | None, data: EventData, *, position: int | None = None
) -> WaitStatus:
    """
    Return the status a wait has after `data`.

    Raises:
        IllegalEvent: If the table has no row for this status and event.
    """
    try:
        return WAIT_TRANSITIONS[status, type(data)]
    except KeyError:
        raise IllegalEvent(
            event_type=data.type, subject="the wait", status=status, position=position
        ) from None


def check_run_permits(
    status: RunStatus | None, data: EventData, *, position: int | None = None
) -> None:
    """
    Check that the run's status lets this event about a step, hook, wait or effect come.

    Raises:
        IllegalEvent: If it does not.
    """
    if status is None or status not in RUN_PERMITS[type(data)]:
        raise IllegalEvent(
            event_type=data.type, subject="the run", status=status, position=position
        )
