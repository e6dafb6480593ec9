"""Appending: what is written, in what order, and what it makes of the entities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wfx.entities import RunStatus, StepStatus
from wfx.events import Event
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.world import World


class Appends(Conformance):
    """What an append does."""

    def test_the_world_makes_an_id_for_a_run_that_brings_none(self, world: World) -> None:
        """`create(None, run_created)` gives a run with a fresh id, at position 0."""
        result = world.events.create(None, s.run_created())

        event = s.event_of(result)
        assert event.run_id.startswith("wrun_")
        assert event.position == 0
        assert world.events.list(event.run_id) == [event]

    def test_the_writer_may_bring_the_id_of_the_run(self, world: World) -> None:
        """A run id that is given is kept."""
        run_id = new_id("wrun")

        world.events.create(run_id, s.run_created())

        assert world.runs.get(run_id).run_id == run_id

    def test_an_event_is_kept_as_it_was_handed_in(self, world: World) -> None:
        """Ids, data and legacy notes are the writer's; position and time are the world's."""
        new = replace(s.run_created(kwargs={"b": 2}), legacy={"from": "v1"})
        run_id = new_id("wrun")

        world.events.create(run_id, new)

        assert world.events.list(run_id) == [
            Event(new.event_id, run_id, 0, s.START, new.data, None, {"from": "v1"})
        ]

    def test_positions_are_dense_over_appends_of_any_size(self, scene: s.Scene) -> None:
        """0, 1, 2 … without a gap, in the order of the batches."""
        a, b, c = scene.ids("step", 3)

        scene.append(s.step_created(a), s.step_created(b), s.effect_recorded())
        scene.append(s.step_created(c))
        scene.append(s.step_cancelled(a), s.step_cancelled(b))

        assert [event.position for event in scene.log()] == list(range(8))
        assert scene.types()[2:] == [
            "step_created",
            "step_created",
            "effect_recorded",
            "step_created",
            "step_cancelled",
            "step_cancelled",
        ]

    def test_a_batch_answers_event_by_event(self, scene: s.Scene) -> None:
        """Each result has the event as it stands in the log and the entity it made."""
        step_id, wait_id = scene.id("step"), scene.id("wait", 2)

        results = scene.append(
            s.step_created(step_id), s.effect_recorded(), s.wait_created(wait_id)
        )

        assert [s.event_of(result) for result in results] == scene.log()[2:]
        step, effect, wait = (result.entity for result in results)
        assert step == scene.world.steps.get(scene.run_id, step_id)
        assert effect is None
        assert wait == scene.world.waits.get(scene.run_id, wait_id)

    def test_an_empty_batch_writes_nothing(self, scene: s.Scene) -> None:
        """There is nothing to answer either."""
        assert scene.append() == []
        assert scene.end == 1

    def test_a_run_goes_from_pending_over_running_to_completed(
        self, world: World, clock: ManualClock
    ) -> None:
        """The entity follows the log, with the times of its events."""
        scene = s.new_run(world, clock)
        run = world.runs.get(scene.run_id)
        assert (run.status, run.workflow_name, run.input) == ("pending", "shop:checkout", ["a", 1])
        assert (run.created_at, run.started_at, run.completed_at) == (s.START, None, None)

        scene.claim = scene.claimed_by("ann")
        clock.advance(s.SECOND)
        scene.append(s.run_started())
        assert world.runs.get(scene.run_id).status is RunStatus.RUNNING

        clock.advance(s.SECOND)
        scene.append(s.run_completed({"total": 3}))
        run = world.runs.get(scene.run_id)
        assert (run.status, run.output) == (RunStatus.COMPLETED, {"total": 3})
        assert run.started_at == s.START + s.SECOND
        assert run.completed_at == run.updated_at == s.START + 2 * s.SECOND

    def test_a_failed_run_keeps_its_error(self, scene: s.Scene) -> None:
        """The error and its code are on the entity."""
        scene.append(s.run_failed())

        run = scene.world.runs.get(scene.run_id)
        assert (run.status, run.error, run.error_code) == (RunStatus.FAILED, s.ERROR, "E1")

    def test_anybody_may_cancel_a_run(self, scene: s.Scene) -> None:
        """It is a fact, so it needs no claim; the reason is kept."""
        scene.append(s.run_cancelled("too late"), fence=[])

        run = scene.world.runs.get(scene.run_id)
        assert (run.status, run.cancel_reason) == (RunStatus.CANCELLED, "too late")

    def test_a_pending_run_may_be_cancelled_or_fail(self, world: World, clock: ManualClock) -> None:
        """It need not have begun."""
        cancelled, failed = s.new_run(world, clock), s.new_run(world, clock)
        failed.claim = failed.claimed_by("ann")

        cancelled.append(s.run_cancelled())
        failed.append(s.run_failed())

        assert world.runs.get(cancelled.run_id).status is RunStatus.CANCELLED
        assert world.runs.get(failed.run_id).status is RunStatus.FAILED

    def test_cancelling_a_cancelled_run_writes_nothing(self, scene: s.Scene) -> None:
        """It is idempotent: the answer is the run, and there is no event."""
        scene.append(s.run_cancelled(), fence=[])

        (result,) = scene.append(s.run_cancelled(), fence=[])

        assert result.event is None
        assert result.entity is not None
        assert scene.types() == ["run_created", "run_started", "run_cancelled"]

    def test_a_step_counts_its_attempts_and_failures(
        self, scene: s.Scene, clock: ManualClock
    ) -> None:
        """The first start stays; the latest error stays even after a success."""
        step_id, hold = scene.running_step()
        clock.advance(s.SECOND)
        scene.append(s.step_retrying(step_id, s.START + 9 * s.SECOND), fence=[hold])
        step = scene.world.steps.get(scene.run_id, step_id)
        assert (step.status, step.attempt, step.failures) == (StepStatus.PENDING, 1, 1)
        assert (step.error, step.retry_after) == (s.ERROR, s.START + 9 * s.SECOND)

        clock.advance(8 * s.SECOND)
        (claim,) = scene.world.queue.claim("bob", run_id=scene.run_id)
        scene.append(s.step_started(step_id, 2), fence=[claim.hold])
        scene.append(s.step_completed(step_id, 42), fence=[claim.hold])

        step = scene.world.steps.get(scene.run_id, step_id)
        assert (step.status, step.attempt, step.failures) == (StepStatus.COMPLETED, 2, 1)
        assert (step.output, step.error, step.retry_after) == (42, s.ERROR, None)
        assert step.first_started_at == s.START
        assert step.completed_at == s.START + 9 * s.SECOND

    def test_a_step_that_fails_is_failed_for_good(self, scene: s.Scene) -> None:
        """There is no second kind of failure."""
        step_id, hold = scene.running_step()

        scene.append(s.step_failed(step_id), fence=[hold])

        step = scene.world.steps.get(scene.run_id, step_id)
        assert (step.status, step.error, step.failures) == (StepStatus.FAILED, s.ERROR, 1)
        assert scene.world.queue.get(step_id) is None

    def test_a_step_that_can_never_start_may_fail(self, scene: s.Scene) -> None:
        """Whoever claims it says so; it has no attempt."""
        step_id = scene.pending_step()
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])

        scene.append(s.step_failed(step_id), fence=[claim.hold])

        step = scene.world.steps.get(scene.run_id, step_id)
        assert (step.status, step.attempt, step.failures) == (StepStatus.FAILED, 0, 0)

    def test_an_attempt_that_was_lost_is_followed_by_the_next(self, scene: s.Scene) -> None:
        """A second step_started without step_retrying counts as an attempt, not a failure."""
        step_id, _ = scene.running_step()
        scene.clock.advance(s.LEASE + s.SECOND)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])

        scene.append(s.step_started(step_id, 2), fence=[claim.hold])

        step = scene.world.steps.get(scene.run_id, step_id)
        assert (step.status, step.attempt, step.failures) == (StepStatus.RUNNING, 2, 0)

    def test_the_end_of_a_run_disposes_hooks_cancels_waits_and_deletes_tasks(
        self, scene: s.Scene
    ) -> None:
        """Nothing of an ended run waits for anything."""
        hook_id, wait_id = scene.id("hook", 1), scene.id("wait", 2)
        scene.append(s.hook_created(hook_id), s.wait_created(wait_id))
        scene.pending_step(3)
        scene.clock.advance(s.SECOND)

        scene.append(s.run_completed())

        hook = scene.world.hooks.get(hook_id)
        assert (hook.status, hook.disposed_at) == ("disposed", s.START + s.SECOND)
        wait = scene.world.waits.get(scene.run_id, wait_id)
        assert (wait.status, wait.completed_at) == ("cancelled", s.START + s.SECOND)
        assert scene.world.queue.list(run_id=scene.run_id) == []

    def test_what_a_batch_makes_before_it_ends_the_run_ends_too(self, scene: s.Scene) -> None:
        """A hook and a wait created in the very batch that ends the run."""
        hook_id, wait_id, step_id = scene.id("hook", 1), scene.id("wait", 2), scene.id("step", 3)

        scene.append(
            s.hook_created(hook_id),
            s.wait_created(wait_id),
            s.step_created(step_id),
            s.run_completed(),
        )

        assert scene.world.hooks.get(hook_id).ended
        assert scene.world.waits.get(scene.run_id, wait_id).ended
        assert scene.world.queue.list(run_id=scene.run_id) == []

    def test_a_cancel_that_lost_the_race_is_dropped_and_takes_no_position(
        self, scene: s.Scene
    ) -> None:
        """The step, wait and hook ended first; the rest of the batch lands densely."""
        step_id, hold = scene.running_step(1)
        wait_id, hook_id = scene.id("wait", 2), scene.id("hook", 3)
        scene.append(s.wait_created(wait_id, s.START), s.hook_created(hook_id))
        scene.append(s.step_completed(step_id), fence=[hold])
        scene.append(s.hook_disposed(hook_id))
        scene.world.queue.due()
        end = scene.end

        results = scene.append(
            s.step_cancelled(step_id),
            s.effect_recorded(),
            s.wait_cancelled(wait_id),
            s.hook_disposed(hook_id),
            s.effect_recorded(),
        )

        assert s.types_of(results) == [None, "effect_recorded", None, None, "effect_recorded"]
        assert [event.position for event in scene.log()[end + 1 :]] == [end + 1, end + 2]
        assert scene.world.steps.get(scene.run_id, step_id).status is StepStatus.COMPLETED

    def test_a_step_created_and_cancelled_in_one_batch_leaves_no_task(self, scene: s.Scene) -> None:
        """Nobody executes it."""
        step_id = scene.id("step")

        scene.append(s.step_created(step_id), s.step_cancelled(step_id))

        assert scene.world.steps.get(scene.run_id, step_id).status is StepStatus.CANCELLED
        assert scene.world.queue.get(step_id) is None

    def test_events_of_one_entity_are_listed_together(self, scene: s.Scene) -> None:
        """`list_by_correlation_id` gives them in order and nothing else."""
        step_id, hold = scene.running_step(1)
        scene.pending_step(2)
        scene.append(s.step_completed(step_id), fence=[hold])

        events = scene.world.events.list_by_correlation_id(scene.run_id, step_id)

        assert [event.type for event in events] == [
            "step_created",
            "step_started",
            "step_completed",
        ]
        assert {event.correlation_id for event in events} == {step_id}

    def test_a_new_run_is_ready_to_be_activated(self, world: World, clock: ManualClock) -> None:
        """Its task has its id, its workflow's name and no claim."""
        scene = s.new_run(world, clock)

        task = scene.task()

        assert (task.task_id, task.kind, task.name) == (scene.run_id, "run", "shop:checkout")
        assert (task.ready_at, task.owner, task.fence) == (s.START, None, 0)

    def test_a_watch_wakes_when_a_run_is_created_and_when_it_ends(
        self, world: World, clock: ManualClock
    ) -> None:
        """It is told once of what happened since it was last asked."""
        watch = world.watch()
        try:
            scene = s.started_run(world, clock)
            assert watch.wait(10)
            scene.append(s.run_completed())
            assert watch.wait(10)
        finally:
            watch.close()
