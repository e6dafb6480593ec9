"""Event → entity: worlds, import and migration fold alike."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfx import admission, projection
from wfx.clock import ManualClock
from wfx.entities import HookStatus, RunStatus, StepStatus, WaitStatus
from wfx.errors import CorruptLog, IllegalEvent, WfxError
from wfx.events import HookConflict, NewEvent, WaitCompleted, from_wire, to_wire
from wfx.memory import MemoryWorld
from wfx.testing import scenes as s
from wfx.world import Head

RUN = "wrun_1"


def test_a_whole_log_folds_to_its_entities() -> None:
    """One of each kind, with the times of the events that moved it."""
    log = s.events_of(
        RUN,
        s.run_created(),
        s.run_started(),
        s.step_created("step_1"),
        s.step_started("step_1"),
        s.step_retrying("step_1"),
        s.step_started("step_1", 2),
        s.step_completed("step_1", 42),
        s.hook_created("hook_1"),
        s.hook_received("hook_1"),
        s.wait_created("wait_1"),
        NewEvent(WaitCompleted(), "wait_1"),
        s.effect_recorded(),
        NewEvent(HookConflict(token="t"), "hook_2"),
        s.run_completed("out"),
    )

    fold = projection.fold(log)

    assert fold.run is not None
    assert (fold.run.status, fold.run.output) == (RunStatus.COMPLETED, "out")
    assert fold.run.started_at == s.START + s.SECOND
    assert fold.run.completed_at == s.START + 13 * s.SECOND
    step = fold.steps["step_1"]
    assert (step.status, step.attempt, step.failures) == (StepStatus.COMPLETED, 2, 1)
    assert (step.output, step.error) == (42, s.ERROR)
    assert (step.first_started_at, step.completed_at) == (
        s.START + 3 * s.SECOND,
        s.START + 6 * s.SECOND,
    )
    hook = fold.hooks["hook_1"]
    assert (hook.status, hook.received) == (HookStatus.DISPOSED, 1)
    assert hook.disposed_at == s.START + 13 * s.SECOND
    wait = fold.waits["wait_1"]
    assert (wait.status, wait.completed_at) == (WaitStatus.COMPLETED, s.START + 10 * s.SECOND)
    assert set(fold.hooks) == {"hook_1"}


def test_a_second_start_keeps_the_first_time() -> None:
    """Other formats may mark a run started more than once."""
    fold = projection.fold(s.events_of(RUN, s.run_created(), s.run_started(), s.run_started()))

    assert fold.run is not None
    assert fold.run.started_at == s.START + s.SECOND
    assert fold.run.updated_at == s.START + 2 * s.SECOND


def test_the_end_of_a_run_closes_what_is_open_and_leaves_what_ended() -> None:
    """Hooks are disposed, waits cancelled, each at the time of the end or its own."""
    log = s.events_of(
        RUN,
        s.run_created(),
        s.hook_created("hook_1", "a"),
        s.hook_disposed("hook_1"),
        s.hook_created("hook_2", "b"),
        s.wait_created("wait_1"),
        s.wait_cancelled("wait_1"),
        s.wait_created("wait_2"),
        s.run_cancelled("why"),
    )

    fold = projection.fold(log)

    end = s.START + 7 * s.SECOND
    assert fold.run is not None
    assert (fold.run.cancel_reason, fold.run.completed_at) == ("why", end)
    assert [hook.disposed_at for hook in fold.hooks.values()] == [s.START + 2 * s.SECOND, end]
    assert [wait.completed_at for wait in fold.waits.values()] == [s.START + 5 * s.SECOND, end]


def test_a_late_outcome_leaves_a_cancelled_step_cancelled() -> None:
    """The fact is in the log; the step shows only that something came."""
    log = s.events_of(
        RUN,
        s.run_created(),
        s.step_created("step_1"),
        s.step_started("step_1"),
        s.step_cancelled("step_1"),
        s.step_completed("step_1"),
    )

    step = projection.fold(log).steps["step_1"]

    assert (step.status, step.output) == (StepStatus.CANCELLED, None)
    assert (step.completed_at, step.updated_at) == (
        s.START + 3 * s.SECOND,
        s.START + 4 * s.SECOND,
    )


def test_a_step_that_can_never_start_fails_without_a_failed_attempt() -> None:
    """`failures` counts attempts."""
    log = s.events_of(RUN, s.run_created(), s.step_created("step_1"), s.step_failed("step_1"))

    step = projection.fold(log).steps["step_1"]

    assert (step.status, step.attempt, step.failures) == (StepStatus.FAILED, 0, 0)


def test_an_illegal_event_changes_nothing() -> None:
    """The fold stays as it was and can go on."""
    log = s.events_of(RUN, s.run_created(), s.step_created("step_1"), s.wait_created("wait_1"))
    fold = projection.fold(log)
    before = (fold.run, dict(fold.steps), dict(fold.hooks), dict(fold.waits))

    for event in (
        s.run_created(),
        s.run_completed(),
        s.step_created("step_1"),
        s.step_completed("step_1"),
        s.step_completed("step_2"),
        s.wait_created("wait_1"),
        s.hook_received("hook_1"),
        s.hook_disposed("hook_1"),
        NewEvent(WaitCompleted(), "wait_2"),
    ):
        (made,) = s.events_of(RUN, event)
        with pytest.raises(IllegalEvent):
            fold.add(replace(made, position=3))
        assert (fold.run, fold.steps, fold.hooks, fold.waits) == before


def test_the_position_of_an_illegal_event_is_named() -> None:
    """So that people find it in the log."""
    log = s.events_of(RUN, s.run_created(), s.step_completed("step_1"))

    with pytest.raises(IllegalEvent) as caught:
        projection.fold(log)
    assert str(caught.value) == (
        "illegal event step_completed at position 1: the step does not exist yet"
    )


@pytest.mark.parametrize(
    "event", [s.step_created("x"), s.hook_created("x"), s.wait_created("x"), s.effect_recorded()]
)
def test_nothing_comes_before_its_run(event: NewEvent) -> None:
    """A log begins with run_created."""
    with pytest.raises(IllegalEvent, match="the run does not exist yet"):
        projection.fold(s.events_of(RUN, event))


def test_an_event_about_nothing_is_corrupt() -> None:
    """A step event needs a correlationId."""
    created = replace(s.step_created("x"), correlation_id=None)

    with pytest.raises(CorruptLog, match="step_created has no correlationId"):
        projection.fold(s.events_of(RUN, s.run_created(), created))


def test_positions_must_be_dense_and_of_one_run() -> None:
    """A gap, a double and a stranger are each named."""
    log = s.events_of(RUN, s.run_created(), s.run_started(), s.effect_recorded())

    for damaged, where in (
        ([log[0], log[2]], "wrun_1 position 2: position 1 of wrun_1 was expected here"),
        ([log[0], log[1], log[1]], "wrun_1 position 1: position 2 of wrun_1 was expected here"),
        ([log[1]], "wrun_1 position 1: position 0 of wrun_1 was expected here"),
        (
            [log[0], replace(log[1], run_id="wrun_2")],
            "wrun_2 position 1: position 1 of wrun_1 was expected here",
        ),
    ):
        with pytest.raises(CorruptLog) as caught:
            projection.fold(damaged)
        assert str(caught.value) == f"corrupt log, {where}"


def test_an_empty_log_folds_to_nothing() -> None:
    """There is no run."""
    assert projection.fold([]).run is None


def test_an_archived_log_tells_where_it_ends() -> None:
    """Its head beside its entities, as a world keeps it."""
    log = s.events_of(RUN, s.run_created(), s.run_started(), s.step_created("a"), s.run_cancelled())

    incoming = admission.Incoming(RUN)
    for event in log:
        incoming.add(event)

    head = incoming.head()
    assert incoming.folded == projection.fold(log)
    assert head == Head(head.run, 4, 2, 1)
    assert head.run == incoming.folded.run


def test_an_archive_is_the_log_of_its_run() -> None:
    """Not an empty one and not another's."""
    with pytest.raises(CorruptLog, match="corrupt log, wrun_1: an empty log was given"):
        admission.Incoming(RUN).head()
    other = s.events_of("wrun_2", s.run_created())
    with pytest.raises(CorruptLog, match="a log of wrun_2 was given for this run"):
        admission.Incoming(RUN).add(other[0])


def wander(seed: int, moves: int) -> tuple[MemoryWorld, str]:
    """A run to which random things happened, legal and illegal."""
    chance = random.Random(seed)
    clock = ManualClock()
    world = MemoryWorld(clock)
    scene = s.started_run(world, clock)
    owners = ["ann", "bob"]
    for _ in range(moves):
        number = chance.randrange(4)
        step, hook, wait = scene.id("step", number), scene.id("hook", number), scene.id("wait")
        token = f"t{number % 2}"
        events = chance.sample(
            [
                s.step_created(step),
                s.step_started(step, chance.choice([1, 1, 2, 3])),
                s.step_retrying(step),
                s.step_completed(step),
                s.step_failed(step),
                s.step_cancelled(step),
                s.hook_created(hook, token),
                s.hook_received(hook),
                s.hook_disposed(hook),
                s.wait_created(wait, world.queue.now() + s.SECOND),
                s.wait_cancelled(wait),
                s.effect_recorded(),
                s.run_cancelled() if chance.random() < 0.05 else s.effect_recorded(),
                s.run_completed() if chance.random() < 0.05 else s.effect_recorded(),
            ],
            chance.choice([1, 1, 1, 2, 3]),
        )
        fence = {task.hold for task in world.queue.list(run_id=scene.run_id) if task.owner}
        with suppress(WfxError):
            world.events.create_batch(scene.run_id, events, fence=fence)
        clock.advance(timedelta(seconds=chance.choice([0, 0, 1, 7])))
        world.queue.due()
        world.queue.claim(chance.choice(owners), limit=chance.randrange(3))
    return world, scene.run_id


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2**32))
def test_the_entities_of_a_world_are_the_fold_of_its_log(seed: int) -> None:
    """Whatever was appended and refused; also after a trip over the wire."""
    world, run_id = wander(seed, 40)
    log = world.events.list(run_id)

    fold = projection.fold(from_wire(to_wire(event), where="here") for event in log)

    assert fold.run == world.runs.get(run_id)
    assert list(fold.steps.values()) == world.steps.list(run_id, resolve_data="all").items
    assert list(fold.hooks.values()) == world.hooks.list(run_id=run_id).items
    assert sorted(fold.waits) == sorted(w.wait_id for w in world.waits.list(run_id).items)
    assert all(world.waits.get(run_id, id) == wait for id, wait in fold.waits.items())


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32))
def test_a_log_brought_into_another_world_shows_the_same(seed: int) -> None:
    """Entities, head and open work."""
    world, run_id = wander(seed, 30)
    other = MemoryWorld(ManualClock())

    other.archive.write(run_id, world.events.list(run_id))

    before, after = s.everything(world, run_id), s.everything(other, run_id)
    assert before[:-1] == after[:-1]
    assert world.events.heads([run_id]) == other.events.heads([run_id])
    work = [
        {task.task_id for task in tasks if not task.abandoned} for tasks in (before[-1], after[-1])
    ]
    assert work[0] == work[1]
