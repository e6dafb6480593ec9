"""
Short words for what tests do to a world: events to hand in, and a run that is under way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from wfx.events import (
    Call,
    EffectRecorded,
    Event,
    HookCreated,
    HookDisposed,
    HookReceived,
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
    WaitCancelled,
    WaitCreated,
)
from wfx.ids import Prefix, call_key, new_id

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.errors import WfxError
    from wfx.values import Json
    from wfx.world import EventResult, Hold, Task, World

START = datetime(2026, 1, 1, tzinfo=UTC)
"""What a `ManualClock` shows at first."""
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=15)
ERROR: dict[str, Json] = {"type": "builtins:ValueError", "message": "no", "args": ["no"]}


# -- events to hand in --------------------------------------------------------------------


def run_created(name: str = "shop:checkout", **fields: Any) -> NewEvent:
    """A run of this workflow."""
    return NewEvent(
        RunCreated(
            deployment_id=fields.pop("deployment_id", "dpl_1"),
            workflow_name=name,
            input=fields.pop("input", ["a", 1]),
            **fields,
        )
    )


def run_started() -> NewEvent:
    """Its first activation."""
    return NewEvent(RunStarted())


def run_completed(output: Json = "done") -> NewEvent:
    """It returned."""
    return NewEvent(RunCompleted(output=output))


def run_failed() -> NewEvent:
    """It raised."""
    return NewEvent(RunFailed(error=ERROR, error_code="E1"))


def run_cancelled(reason: str | None = "enough") -> NewEvent:
    """Somebody cancelled it."""
    return NewEvent(RunCancelled(reason=reason))


def run_bound(names: dict[str, str]) -> NewEvent:
    """Recorded names got others."""
    return NewEvent(RunBound(names=names))


def step_created(
    step_id: str, name: str = "shop:charge", queue: str | None = None, **fields: Any
) -> NewEvent:
    """The workflow asks for a step."""
    call = Call("main", 0, "shop.py:7")
    return NewEvent(
        StepCreated(step_name=name, input=[1], queue=queue, call=call, **fields), step_id
    )


def step_started(step_id: str, attempt: int = 1) -> NewEvent:
    """An attempt begins."""
    return NewEvent(StepStarted(attempt=attempt), step_id)


def step_retrying(step_id: str, retry_after: datetime | None = None) -> NewEvent:
    """An attempt failed."""
    return NewEvent(StepRetrying(error=ERROR, retry_after=retry_after), step_id)


def step_completed(step_id: str, result: Json = "paid") -> NewEvent:
    """The step returned."""
    return NewEvent(StepCompleted(result=result), step_id)


def step_failed(step_id: str) -> NewEvent:
    """The step failed for good."""
    return NewEvent(StepFailed(error=ERROR), step_id)


def step_cancelled(step_id: str) -> NewEvent:
    """The workflow gives the step up."""
    return NewEvent(StepCancelled(), step_id)


def hook_created(hook_id: str, token: str = "approve-1") -> NewEvent:
    """The workflow opens a hook."""
    return NewEvent(
        HookCreated(token=token, schema={"type": "object"}, metadata={"a": 1}, call=None), hook_id
    )


def hook_received(hook_id: str, payload: Json = "yes") -> NewEvent:
    """A payload arrives."""
    return NewEvent(HookReceived(payload=payload), hook_id)


def hook_disposed(hook_id: str) -> NewEvent:
    """The workflow gives the token up."""
    return NewEvent(HookDisposed(), hook_id)


def wait_created(wait_id: str, resume_at: datetime = START + 60 * SECOND) -> NewEvent:
    """The workflow waits until then."""
    return NewEvent(WaitCreated(delay=60_000_000, resume_at=resume_at, call=None), wait_id)


def wait_cancelled(wait_id: str) -> NewEvent:
    """The workflow gives the wait up."""
    return NewEvent(WaitCancelled(), wait_id)


def effect_recorded(values: list[Json] | None = None) -> NewEvent:
    """The workflow observed a value."""
    return NewEvent(
        EffectRecorded(effect="clock", values=[1] if values is None else values, call=Call("m", 0))
    )


# -- a run under way ----------------------------------------------------------------------


@dataclass
class Scene:
    """A run, claimed, with the claim its owner holds."""

    world: World
    clock: ManualClock
    run_id: str
    claim: Task | None = None

    @property
    def hold(self) -> Hold:
        """What the owner of the run names."""
        assert self.claim is not None, "nobody claimed this run"
        return self.claim.hold

    def id(self, prefix: Prefix, number: int = 1) -> str:
        """The id of the n-th request of this run."""
        return f"{prefix}_{call_key(self.run_id, 'main', number)}"

    def ids(self, prefix: Prefix, count: int) -> list[str]:
        """Ids of the first requests of this run."""
        return [self.id(prefix, number) for number in range(1, count + 1)]

    def append(
        self,
        *events: NewEvent,
        after: int | None = None,
        fence: Collection[Hold] | None = None,
    ) -> list[EventResult]:
        """Append as the owner of the run, or under other claims."""
        if fence is None:
            fence = [self.claim.hold] if self.claim else []
        return self.world.events.create_batch(self.run_id, events, after=after, fence=fence)

    def log(self) -> list[Event]:
        """All events of the run."""
        return self.world.events.list(self.run_id)

    def types(self) -> list[str]:
        """The types of all events of the run."""
        return [event.type for event in self.log()]

    @property
    def end(self) -> int:
        """The last position."""
        return len(self.log()) - 1

    def task(self, task_id: str | None = None) -> Task:
        """A task of the run, which must be there; the run's own unless named."""
        task = self.world.queue.get(task_id or self.run_id)
        assert task is not None, f"there is no task {task_id or self.run_id}"
        return task

    def running_step(self, number: int = 1, *, name: str = "shop:charge") -> tuple[str, Hold]:
        """A step created, claimed and started by the run's owner; its id and claim."""
        step_id = self.id("step", number)
        self.append(step_created(step_id, name), step_started(step_id))
        return step_id, (step_id, 1)

    def pending_step(self, number: int = 1, *, name: str = "shop:charge") -> str:
        """A step that nobody claimed yet."""
        step_id = self.id("step", number)
        self.append(step_created(step_id, name))
        return step_id

    def claimed_by(self, owner: str) -> Task:
        """Claim the run's task, which must be ready."""
        (task,) = self.world.queue.claim(owner, run_id=self.run_id, kinds=[self.task().kind])
        return task

    def taken_over(self, by: str = "bob") -> Scene:
        """The same run under another owner's claim, after the present lease ran out."""
        self.clock.advance(LEASE + SECOND)
        return replace(self, claim=self.claimed_by(by))


def new_run(world: World, clock: ManualClock, name: str = "shop:checkout", **fields: Any) -> Scene:
    """A run that was created and nothing more."""
    created = run_created(name, **fields)
    return Scene(world, clock, event_of(world.events.create(None, created)).run_id)


def started_run(
    world: World,
    clock: ManualClock,
    name: str = "shop:checkout",
    owner: str = "ann",
    **fields: Any,
) -> Scene:
    """A run that `owner` claimed and started."""
    scene = new_run(world, clock, name, **fields)
    scene.claim = scene.claimed_by(owner)
    scene.append(run_started())
    return scene


def event_of(result: EventResult) -> Event:
    """The event of a result, which must not have been dropped."""
    assert result.event is not None, "the world dropped this event"
    return result.event


def events_of(run_id: str, *events: NewEvent, at: datetime = START) -> list[Event]:
    """A log as another world has it, one second between two events."""
    return [
        Event(new_id("evnt"), run_id, place, at + place * SECOND, event.data, event.correlation_id)
        for place, event in enumerate(events)
    ]


def everything(world: World, run_id: str) -> tuple[Any, ...]:
    """All that a world shows of a run, to be compared before and after."""
    return (
        world.events.list(run_id),
        world.runs.get(run_id),
        world.steps.list(run_id, resolve_data="all").items,
        world.hooks.list(run_id=run_id).items,
        world.waits.list(run_id).items,
        sorted(world.queue.list(run_id=run_id), key=lambda task: task.task_id),
    )


@contextmanager
def refused(
    world: World, run_id: str, error: type[WfxError], status: int | None
) -> Iterator[pytest.ExceptionInfo[WfxError]]:
    """What happens inside is refused with this class and number, if any, and changes nothing."""
    before = everything(world, run_id)
    with pytest.raises(error) as caught:
        yield caught
    assert type(caught.value) is error
    if status is not None:
        assert getattr(caught.value, "status", None) == status
    assert everything(world, run_id) == before


def types_of(results: Sequence[EventResult]) -> list[str | None]:
    """The types of the events as they stand in the log; None for what was dropped."""
    return [result.event.type if result.event else None for result in results]
