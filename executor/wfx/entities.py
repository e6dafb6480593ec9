"""
Runs, steps, hooks and waits as a world shows them: views of the log, never edited.

Only `wfx.projection` makes or moves them. Values inside are encoded JSON; a listing with
`resolve_data="none"` leaves them out (None).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from wfx.events import Call, call_to_wire, iso, wire_name
from wfx.frozen import quick

if TYPE_CHECKING:
    from wfx.values import Json


class _Status(StrEnum):
    """A status: keys of tables, and so hashed as the text it is, not by code of `enum`."""

    __hash__ = str.__hash__


class RunStatus(_Status):
    """Where a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(_Status):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class HookStatus(_Status):
    """Where a hook stands."""

    ACTIVE = "active"
    DISPOSED = "disposed"


class WaitStatus(_Status):
    """Where a wait stands."""

    WAITING = "waiting"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


RUN_ENDED: Final = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})
STEP_ENDED: Final = frozenset({StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.CANCELLED})


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a workflow with one input."""

    run_id: str
    workflow_name: str
    deployment_id: str
    status: RunStatus
    input: Json = None
    kwargs: dict[str, Json] | None = None
    output: Json = None
    error: dict[str, Json] | None = None
    error_code: str | None = None
    cancel_reason: str | None = None
    execution_context: dict[str, Json] | None = None
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    updated_at: datetime

    @property
    def ended(self) -> bool:
        """Whether nothing more is created on it."""
        return self.status in RUN_ENDED


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Named work outside the sandbox."""

    step_id: str
    run_id: str
    step_name: str | None
    status: StepStatus
    attempt: int = 0
    """Attempts begun."""
    failures: int = 0
    """Attempts that failed; the others that ended were lost."""
    input: Json = None
    kwargs: dict[str, Json] | None = None
    output: Json = None
    error: dict[str, Json] | None = None
    """The latest error; it stays after a later success."""
    queue: str = "default"
    retry_after: datetime | None = None
    call: Call | None = None
    created_at: datetime
    first_started_at: datetime | None = None
    completed_at: datetime | None = None
    updated_at: datetime

    @property
    def ended(self) -> bool:
        """Whether it has an outcome or was cancelled."""
        return self.status in STEP_ENDED


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where a run takes payloads from outside."""

    hook_id: str
    run_id: str
    token: str | None
    status: HookStatus
    schema: dict[str, Json] | None = None
    metadata: Json = None
    received: int = 0
    """Payloads so far."""
    created_at: datetime
    disposed_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether its token is free."""
        return self.status is HookStatus.DISPOSED


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A moment a run waits for."""

    wait_id: str
    run_id: str
    status: WaitStatus
    delay: int | None = None
    """Microseconds."""
    resume_at: datetime
    created_at: datetime
    completed_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether it completed or was cancelled."""
        return self.status is not WaitStatus.WAITING


Entity: TypeAlias = Run | Step | Hook | Wait


RunOrStep = TypeVar("RunOrStep", Run, Step)


def without_data(entity: RunOrStep) -> RunOrStep:
    """A run or step as `resolve_data="none"` shows it: without arguments and result."""
    return dataclasses.replace(entity, input=None, kwargs=None, output=None)


def entity_to_wire(entity: Entity) -> dict[str, Json]:
    """The JSON object of an entity; what is not set is left out."""
    wire: dict[str, Json] = {}
    for f in dataclasses.fields(entity):
        value = getattr(entity, f.name)
        if value is None:
            continue
        name = wire_name(f.name)
        if isinstance(value, datetime):
            wire[name] = iso(value)
        elif isinstance(value, Call):
            wire[name] = call_to_wire(value)
        elif isinstance(value, StrEnum):
            wire[name] = str(value)
        else:
            wire[name] = value
    return wire
