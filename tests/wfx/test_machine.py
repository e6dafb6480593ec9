"""The transition tables, over every pair of status and event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

from wfx import machine
from wfx.entities import HookStatus, RunStatus, StepStatus, WaitStatus
from wfx.errors import IllegalEvent
from wfx.events import EVENT_TYPES, Call, EventData, Kind, Subject

AT = datetime(2026, 1, 1, tzinfo=UTC)
ANY_VALUE: dict[str, Any] = {
    "deployment_id": "d",
    "workflow_name": "m:w",
    "input": [],
    "output": 1,
    "error": {"message": "no"},
    "step_name": "m:s",
    "call": Call("main", 0),
    "attempt": 1,
    "result": 1,
    "token": "t",
    "payload": 1,
    "delay": 1,
    "resume_at": AT,
    "effect": "clock",
    "names": {"old": "a:b"},
    "values": [1],
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "run_created": ("deployment_id", "workflow_name", "input"),
    "run_completed": ("output",),
    "run_failed": ("error",),
    "step_created": ("step_name", "input", "call"),
    "step_started": ("attempt",),
    "step_retrying": ("error",),
    "step_completed": ("result",),
    "step_failed": ("error",),
    "hook_created": ("token", "call"),
    "hook_conflict": ("token",),
    "hook_received": ("payload",),
    "wait_created": ("delay", "resume_at", "call"),
    "effect_recorded": ("effect", "values", "call"),
    "run_bound": ("names",),
}


def data_of(event_type: str) -> EventData:
    """An event of this type with the least it must have."""
    fields = {name: ANY_VALUE[name] for name in REQUIRED.get(event_type, ())}
    return EVENT_TYPES[event_type](**fields)


# The tables once more, as DESIGN has them: from → event → to.
RUN = """
none     run_created    pending
pending  run_started    running
running  run_started    running
running  run_completed  completed
pending  run_failed     failed
running  run_failed     failed
pending  run_cancelled  cancelled
running  run_cancelled  cancelled
pending  run_bound      pending
running  run_bound      running
"""
STEP = """
none       step_created    pending
pending    step_started    running
running    step_started    running
running    step_retrying   pending
running    step_completed  completed
running    step_failed     failed
pending    step_failed     failed
pending    step_cancelled  cancelled
running    step_cancelled  cancelled
cancelled  step_completed  cancelled
cancelled  step_failed     cancelled
"""
HOOK = """
none    hook_created   active
active  hook_received  active
active  hook_disposed  disposed
"""
WAIT = """
none     wait_created    waiting
waiting  wait_completed  completed
waiting  wait_cancelled  cancelled
"""


def rows(table: str) -> dict[tuple[str | None, str], str]:
    """The rows of a table by (status, event type)."""
    read = (line.split() for line in table.split("\n") if line)
    return {(None if old == "none" else old, event): new for old, event, new in read}


MACHINES: Mapping[str, tuple[type[StrEnum], Callable[..., StrEnum], dict[Any, str]]] = {
    "run": (RunStatus, machine.next_run_status, rows(RUN)),
    "step": (StepStatus, machine.next_step_status, rows(STEP)),
    "hook": (HookStatus, machine.next_hook_status, rows(HOOK)),
    "wait": (WaitStatus, machine.next_wait_status, rows(WAIT)),
}
PAIRS = [
    pytest.param(name, status, event_type, id=f"{name}-{status}-{event_type}")
    for name, (statuses, _, _) in MACHINES.items()
    for status in (None, *statuses)
    for event_type in EVENT_TYPES
]


@pytest.mark.parametrize(("name", "status", "event_type"), PAIRS)
def test_every_pair_of_status_and_event_is_legal_or_refused(
    name: str, status: StrEnum | None, event_type: str
) -> None:
    """What the table has is what happens; all else is refused, naming status and event."""
    _, following, legal = MACHINES[name]
    data = data_of(event_type)

    if (status, event_type) in legal:
        assert following(status, data) == legal[status, event_type]
        return
    with pytest.raises(IllegalEvent) as caught:
        following(status, data, position=7)
    state = "does not exist yet" if status is None else f"is {status}"
    assert str(caught.value) == f"illegal event {event_type} at position 7: the {name} {state}"
    assert (caught.value.status, caught.value.position) == (status, 7)


OPEN = {"pending", "running"}
ALWAYS = {"step_completed", "step_failed"}


@pytest.mark.parametrize("event_type", [t for t in EVENT_TYPES if not t.startswith("run_")])
@pytest.mark.parametrize("status", [None, *RunStatus])
def test_an_ended_run_permits_outcomes_of_steps_and_nothing_else(
    status: RunStatus | None, event_type: str
) -> None:
    """Facts are kept after the end; before the beginning nothing may come."""
    data = data_of(event_type)

    if status in OPEN or (status is not None and event_type in ALWAYS):
        machine.check_run_permits(status, data)
        return
    with pytest.raises(IllegalEvent, match="the run"):
        machine.check_run_permits(status, data)


def test_the_tables_cover_every_event_type() -> None:
    """Each type moves a machine, or is known to move none."""
    moving = {
        event.type
        for table in (
            machine.RUN_TRANSITIONS,
            machine.STEP_TRANSITIONS,
            machine.HOOK_TRANSITIONS,
            machine.WAIT_TRANSITIONS,
        )
        for _, event in table
    }
    assert set(EVENT_TYPES) - moving == {"hook_conflict", "effect_recorded"}
    about_runs = {t for t, cls in EVENT_TYPES.items() if cls.subject is Subject.RUN}
    assert {cls.type for cls in machine.RUN_PERMITS} == set(EVENT_TYPES) - about_runs


def test_terminal_statuses_lead_nowhere() -> None:
    """Except that a cancelled step keeps the outcome of the attempt that ran."""
    ends = {"completed", "failed", "disposed"}
    for table in (
        machine.RUN_TRANSITIONS,
        machine.STEP_TRANSITIONS,
        machine.HOOK_TRANSITIONS,
        machine.WAIT_TRANSITIONS,
    ):
        assert not [old for old, _ in table if old in ends]
    assert {
        (old, event.type): new
        for (old, event), new in machine.STEP_TRANSITIONS.items()
        if old == "cancelled"
    } == {("cancelled", "step_completed"): "cancelled", ("cancelled", "step_failed"): "cancelled"}


def test_the_kinds_of_events_are_those_of_the_design() -> None:
    """Facts, commands, effects, and what is delivered to workflow code."""
    by_kind = {kind: {t for t, cls in EVENT_TYPES.items() if cls.kind is kind} for kind in Kind}
    assert by_kind[Kind.FACT] == {
        "run_bound",
        "run_cancelled",
        "step_retrying",
        "step_completed",
        "step_failed",
        "hook_conflict",
        "hook_received",
        "wait_completed",
    }
    assert by_kind[Kind.EFFECT] == {"effect_recorded"}
    assert by_kind[Kind.BOOKKEEPING] == {"run_created", "run_started", "step_started"}
    assert {t for t, cls in EVENT_TYPES.items() if cls.delivered} == {
        "run_started",
        "step_completed",
        "step_failed",
        "wait_completed",
        "hook_received",
        "hook_conflict",
    }
