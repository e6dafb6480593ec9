"""
Beginning an attempt of steps that were claimed from the queue, and logging its end alone.

An attempt begins with its `step_started` in the log; the body starts after that commit and
under the claim it was made with. Steps that cannot begin, because today's code lacks them
or too many attempts were lost, fail here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wfx.errors import WorldError
from wfx.events import NewEvent, StepCreated, StepStarted
from wfx.workers import steps
from wfx.workers.appending import Writing
from wfx.workers.runner import Begin
from wfx.world import Append

if TYPE_CHECKING:
    from wfx.program import StepSpec
    from wfx.values import Json
    from wfx.world import EventResult, Hold, Task, World


@dataclass(slots=True)
class Begun:
    """What became of some claimed steps of one run."""

    begins: list[Begin] = field(default_factory=list)
    """These may start now."""
    refused: list[Hold] = field(default_factory=list)
    """Claims under which nothing is to be done."""
    failed: list[Hold] = field(default_factory=list)
    """Claims that ended with a `step_failed` written here."""
    results: list[EventResult] = field(default_factory=list)


def begin_attempts(
    world: World,
    run_id: str,
    tasks: Sequence[Task],
    specs: Mapping[str, StepSpec],
    asked_for: Callable[[str], StepCreated | None],
) -> Writing[Begun]:
    """
    Log the beginning of an attempt for each of these claimed steps of one run.

    Args:
        asked_for: What this process itself asked for under a step's id, if it knows.

    Raises:
        WorldUnavailable: The world does not answer; the claims run out.
    """
    begins: dict[str, Begin] = {}
    batch: list[NewEvent] = []
    unknown: list[Task] = []
    for task in tasks:
        # The first claim of all: no attempt was made yet.
        asked = asked_for(task.task_id) if task.fence == 1 else None
        if asked is None or task.name not in specs:
            unknown.append(task)
            continue
        batch.append(NewEvent(StepStarted(attempt=1), task.task_id))
        begins[task.task_id] = _begin(task, 1, 0, asked.input, asked.kwargs)
    found = world.steps.get_many(run_id, [task.task_id for task in unknown]) if unknown else {}
    for task in unknown:
        step = found[task.task_id]
        # Of a migrated run, what the recorded name is bound to.
        name = task.name
        lost = step.attempt - step.failures
        spec = specs.get(name)
        if spec is None:
            batch.append(NewEvent(steps.unknown(name, list(specs)), step.step_id))
        elif lost and lost >= spec.options.max_lost:
            batch.append(NewEvent(steps.lost(name, lost), step.step_id))
        else:
            attempt = step.attempt + 1
            batch.append(NewEvent(StepStarted(attempt=attempt), step.step_id))
            begins[step.step_id] = _begin(task, attempt, step.failures, step.input, step.kwargs)
    begun = Begun()
    holds = {task.task_id: task.hold for task in tasks}
    yield from _log(world, run_id, batch, holds, begins, begun)
    return begun


def _begin(
    task: Task, attempt: int, failures: int, given: Json, kwargs: dict[str, Json] | None
) -> Begin:
    return Begin(
        step_id=task.task_id,
        hold=task.hold,
        attempt=attempt,
        failures=failures,
        step_name=task.name,
        args=given if isinstance(given, list) else [given],
        kwargs=kwargs or {},
    )


def end_attempt(run_id: str, outcome: NewEvent, hold: Hold) -> Writing[list[EventResult]]:
    """
    Log the outcome of an attempt without going on with its run.

    Returns:
        What was appended; nothing when another attempt has taken over, or nobody wants the
        outcome.
    """
    try:
        answer = yield Append(run_id, [outcome], None, [hold])
    except WorldError as error:
        if error.status not in (404, 409, 410):
            raise
        return []
    return answer.results


def _log(
    world: World,
    run_id: str,
    batch: Sequence[NewEvent],
    holds: Mapping[str, Hold],
    begins: Mapping[str, Begin],
    begun: Begun,
) -> Writing[None]:
    fence = [holds[event.correlation_id or ""] for event in batch]
    try:
        answer = yield Append(run_id, batch, None, fence)
    except WorldError as error:
        if error.status not in (404, 409, 410):
            raise
        if len(batch) == 1:
            begun.refused.extend(fence)
            return
        # One that is too late must not keep its neighbours from beginning.
        for event in batch:
            yield from _log(world, run_id, [event], holds, begins, begun)
        return
    begun.results.extend(answer.results)
    for event, hold in zip(batch, fence, strict=True):
        begin = begins.get(event.correlation_id or "")
        if begin is None:
            begun.failed.append(hold)
        elif answer.repeated and not still_held(world, hold):
            begun.refused.append(hold)
        else:
            begun.begins.append(begin)


def still_held(world: World, hold: Hold) -> bool:
    """Whether a claim is what it was, after an append that had to be repeated."""
    task_id, number = hold
    task = world.queue.get(task_id)
    return task is not None and task.owner is not None and task.fence == number
