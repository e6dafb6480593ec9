"""Refusals: the right class, the right number, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wfx.errors import AlreadyExists, EntityGone, IllegalEvent, LeaseLost, NotFound, RunGone
from wfx.events import HookConflict, NewEvent, WaitCompleted
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance

if TYPE_CHECKING:
    from wfx.world import World


class Refusals(Conformance):
    """404, 409 and 410 ask for different next moves and are never mixed up."""

    def test_an_unknown_run_is_not_found(self, world: World) -> None:
        """404 for reading and for appending."""
        run_id = new_id("wrun")

        with pytest.raises(NotFound) as caught:
            world.events.create(run_id, s.run_started())
        assert (caught.value.status, caught.value.id) == (404, run_id)
        for look in (
            lambda: world.events.list(run_id),
            lambda: list(world.events.stream(run_id)),
            lambda: list(world.events.lines(run_id)),
            lambda: world.runs.get(run_id),
            lambda: world.steps.get(run_id, "step_1"),
            lambda: world.waits.get(run_id, "wait_1"),
            lambda: world.streams.write(run_id, "out", b"a"),
        ):
            with pytest.raises(NotFound):
                look()
        assert world.events.heads([run_id]) == {}

    def test_only_run_created_makes_a_run(self, world: World) -> None:
        """Any other event without a run id is 404, and no run is made."""
        with pytest.raises(NotFound):
            world.events.create(None, s.run_started())
        assert world.runs.list().items == []

    @pytest.mark.parametrize(
        "event",
        [
            s.step_started("step_x"),
            s.step_completed("step_x"),
            s.step_cancelled("step_x"),
            s.hook_received("hook_x"),
            s.hook_disposed("hook_x"),
            s.wait_cancelled("wait_x"),
        ],
        ids=lambda event: event.data.type,
    )
    def test_an_unknown_target_is_not_found(self, scene: s.Scene, event: NewEvent) -> None:
        """404 for a step, hook or wait that the run has not."""
        with s.refused(scene.world, scene.run_id, NotFound, 404):
            scene.append(event)

    def test_the_step_of_another_run_is_not_found(self, scene: s.Scene) -> None:
        """A run cannot move what belongs to another."""
        other = s.started_run(scene.world, scene.clock)
        step_id, hold = other.running_step()

        with s.refused(scene.world, other.run_id, NotFound, 404):
            scene.append(s.step_completed(step_id), fence=[hold])

    def test_the_hook_of_another_run_is_not_found(self, scene: s.Scene) -> None:
        """A payload names the run that has the hook."""
        other = s.started_run(scene.world, scene.clock)
        hook_id = other.id("hook")
        other.append(s.hook_created(hook_id))

        with s.refused(scene.world, other.run_id, NotFound, 404):
            scene.append(s.hook_received(hook_id))

    def test_a_run_that_is_there_cannot_be_created_again(self, scene: s.Scene) -> None:
        """409: by another event; the writer may go on as if it had made it."""
        with s.refused(scene.world, scene.run_id, AlreadyExists, 409):
            scene.world.events.create(scene.run_id, s.run_created())

    def test_a_run_is_started_once(self, scene: s.Scene) -> None:
        """409."""
        with s.refused(scene.world, scene.run_id, AlreadyExists, 409):
            scene.append(s.run_started())

    def test_what_is_there_cannot_be_created_again(self, scene: s.Scene) -> None:
        """409 for a step, a hook and a wait, whatever became of them."""
        step_id, hook_id, wait_id = scene.id("step", 1), scene.id("hook", 2), scene.id("wait", 3)
        scene.append(s.step_created(step_id), s.hook_created(hook_id), s.wait_created(wait_id))
        scene.append(s.step_cancelled(step_id))

        for event in (s.step_created(step_id), s.hook_created(hook_id), s.wait_created(wait_id)):
            with s.refused(scene.world, scene.run_id, AlreadyExists, 409):
                scene.append(event)

    def test_an_attempt_is_started_once(self, scene: s.Scene) -> None:
        """409 for the number of an attempt that began before."""
        step_id, hold = scene.running_step()

        with s.refused(scene.world, scene.run_id, AlreadyExists, 409):
            scene.append(s.step_started(step_id, 1), fence=[hold])

    @pytest.mark.parametrize("end", [s.run_completed(), s.run_failed(), s.run_cancelled()])
    def test_on_an_ended_run_nothing_is_created(
        self, world: World, scene: s.Scene, end: NewEvent
    ) -> None:
        """410 for every command, effect, payload and start, also with the claim it had."""
        hook_id, wait_id, step_id = scene.id("hook", 1), scene.id("wait", 2), scene.id("step", 3)
        scene.append(s.hook_created(hook_id), s.wait_created(wait_id), s.step_created(step_id))
        scene.append(NewEvent(end.data))

        late = [
            s.run_started(),
            s.run_completed(),
            s.step_created(scene.id("step", 4)),
            s.step_started(step_id),
            s.step_retrying(step_id),
            s.step_cancelled(step_id),
            s.hook_created(scene.id("hook", 5), "other"),
            s.hook_received(hook_id),
            s.hook_disposed(hook_id),
            s.wait_created(scene.id("wait", 6)),
            s.wait_cancelled(wait_id),
            s.effect_recorded(),
        ]
        for event in late:
            with s.refused(world, scene.run_id, RunGone, 410) as caught:
                scene.append(event)
            assert getattr(caught.value, "run_id", None) == scene.run_id

    def test_an_ended_run_that_was_not_cancelled_cannot_be_cancelled(self, scene: s.Scene) -> None:
        """410: it is told how it ended."""
        scene.append(s.run_completed())

        with s.refused(scene.world, scene.run_id, RunGone, 410) as caught:
            scene.append(s.run_cancelled())
        assert getattr(caught.value, "run_status", None) == "completed"

    def test_a_step_has_one_outcome(self, scene: s.Scene) -> None:
        """410 for everything that comes after it, with and without the claim it had."""
        step_id, hold = scene.running_step()
        scene.append(s.step_completed(step_id), fence=[hold])

        for event in (
            s.step_completed(step_id),
            s.step_failed(step_id),
            s.step_retrying(step_id),
            s.step_started(step_id, 2),
        ):
            for fence in ([hold], []):
                with s.refused(scene.world, scene.run_id, EntityGone, 410):
                    scene.append(event, fence=fence)

    def test_the_outcome_of_a_step_that_never_started_is_illegal(self, scene: s.Scene) -> None:
        """A writer's bug, which the transition table refuses."""
        step_id = scene.pending_step()
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])

        with s.refused(scene.world, scene.run_id, IllegalEvent, None):
            scene.append(s.step_completed(step_id), fence=[claim.hold])

    def test_only_the_world_completes_waits(self, scene: s.Scene) -> None:
        """409: nobody else's clock counts."""
        wait_id = scene.id("wait")
        scene.append(s.wait_created(wait_id, s.START))

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(NewEvent(WaitCompleted(), wait_id))

    def test_only_the_world_writes_hook_conflict(self, scene: s.Scene) -> None:
        """409: it comes in place of hook_created and from nobody else."""
        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(NewEvent(HookConflict(token="t"), scene.id("hook")))

    def test_one_refused_event_refuses_the_batch(self, scene: s.Scene) -> None:
        """All or none: the good ones beside it leave no trace."""
        with s.refused(scene.world, scene.run_id, NotFound, 404):
            scene.append(
                s.step_created(scene.id("step", 1)),
                s.wait_created(scene.id("wait", 2)),
                s.hook_created(scene.id("hook", 3)),
                s.step_cancelled("step_unknown"),
            )
        assert scene.world.queue.next_ready(run_id=scene.run_id) is None
        with pytest.raises(NotFound):
            scene.world.hooks.get_by_token("approve-1")
