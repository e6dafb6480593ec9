"""What a run is doing now, for people and programs: its status, why it is parked, what it
waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from wfx.codec import decode, decode_error
from wfx.entities import HookStatus, Run, RunStatus, Step, StepStatus, WaitStatus
from wfx.errors import RunCancelled, RunFailed, RunParked

if TYPE_CHECKING:
    from wfx.entities import Hook
    from wfx.values import Json
    from wfx.world import Task, World

_SHOWN_MAX: Final = 100
"""Steps and hooks that are told apart in what a run waits for."""


@dataclass(frozen=True, slots=True)
class Parked:
    """Why a run cannot go on by itself."""

    reason: str
    """`divergence`, `violation`, `runaway` or `held`."""
    message: str
    detail: Json
    """The stored report, with the message in it."""


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """What an open run waits for; at most the first hundred steps and hooks."""

    hooks: list[Hook]
    until: datetime | None
    """The earliest moment it waits for."""
    steps: list[Step]
    """Steps that are running, or will be tried again at their `retry_after`."""

    def __bool__(self) -> bool:
        return bool(self.hooks or self.until or self.steps)


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as it stands."""

    run: Run
    parked: Parked | None
    waiting_for: WaitingFor
    holder: str | None
    """The owner that claims to be activating it, if any."""


def parked_of(task: Task | None) -> Parked | None:
    """Why a run's task is parked, if it is."""
    if task is None or task.parked is None:
        return None
    detail = task.parked_detail
    message = detail.get("message") if isinstance(detail, dict) else None
    return Parked(str(task.parked), str(message or "no report was stored"), detail)


def waiting_for(world: World, run_id: str) -> WaitingFor:
    """What an open run waits for, as its world tells it."""
    hooks = world.hooks.list(run_id=run_id, status=HookStatus.ACTIVE, limit=_SHOWN_MAX).items
    waits = world.waits.list(run_id, status=WaitStatus.WAITING, limit=1).items
    steps: list[Step] = []
    for status in (StepStatus.RUNNING, StepStatus.PENDING):
        steps.extend(world.steps.list(run_id, status=status, limit=_SHOWN_MAX).items)
    return WaitingFor(hooks, waits[0].resume_at if waits else None, steps[:_SHOWN_MAX])


def run_state(world: World, run_id: str) -> RunState:
    """
    A run as it stands.

    Raises:
        NotFound: There is no such run.
    """
    run = world.runs.get(run_id)
    if run.ended:
        return RunState(run, None, WaitingFor([], None, []), None)
    task = world.queue.get(run_id)
    return RunState(
        run,
        parked_of(task),
        waiting_for(world, run_id),
        None if task is None else task.owner,
    )


def failure(run: Run) -> RunFailed:
    """The error of a failed run, with what the workflow raised as its cause."""
    error = run.error or {}
    stack = error.get("stack")
    failed = RunFailed(
        run_id=run.run_id,
        type=str(error.get("type", "Exception")),
        message=str(error.get("message", "")),
        stack=stack if isinstance(stack, str) else None,
    )
    failed.__cause__ = decode_error(error)
    return failed


def outcome(world: World, run_id: str) -> tuple[bool, object]:
    """
    Whether a run has an outcome, and its decoded output.

    Raises:
        NotFound: There is no such run.
        RunFailed, RunCancelled, RunParked: It has none to give.
        DecodeError: The output is of a class that is not here any more.
    """
    run = world.runs.get(run_id)
    if run.status is RunStatus.COMPLETED:
        return True, decode(run.output, path="output")
    if run.status is RunStatus.FAILED:
        raise failure(run)
    if run.status is RunStatus.CANCELLED:
        raise RunCancelled(run_id=run_id, reason=run.cancel_reason)
    parked = parked_of(world.queue.get(run_id))
    if parked is not None:
        raise RunParked(run_id=run_id, reason=parked.reason, detail=parked.message)
    return False, None
