"""Late outcomes: facts are kept after the step was cancelled or the run ended (PROTOCOL 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wfx.entities import RunStatus, StepStatus
from wfx.errors import EntityGone, LeaseLost, RunGone
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance

if TYPE_CHECKING:
    from wfx.events import NewEvent


class LateOutcomes(Conformance):
    """The task of a running step outlives its step and its run."""

    @pytest.mark.parametrize("end", ["step_cancelled", "run_completed", "run_cancelled"])
    @pytest.mark.parametrize("outcome", [s.step_completed, s.step_failed])
    def test_a_late_outcome_is_kept(self, scene: s.Scene, end: str, outcome: object) -> None:
        """It is appended under the step's claim, which ends with it."""
        step_id, hold = self._running_when(scene, end)
        event: NewEvent = outcome(step_id)  # type: ignore[operator]  # one of two functions

        (result,) = scene.append(event, fence=[hold])

        assert s.event_of(result).position == scene.end
        assert scene.types()[-2:] == [end, event.data.type]
        assert scene.world.queue.get(step_id) is None

    def test_the_run_stays_as_it_ended(self, scene: s.Scene) -> None:
        """A late outcome moves the step, not the run."""
        step_id, hold = self._running_when(scene, "run_completed")

        scene.append(s.step_completed(step_id), fence=[hold])

        assert scene.world.runs.get(scene.run_id).status is RunStatus.COMPLETED
        assert scene.world.steps.get(scene.run_id, step_id).status is StepStatus.COMPLETED

    def test_a_cancelled_step_stays_cancelled(self, scene: s.Scene) -> None:
        """The fact is in the log; the entity does not change its status."""
        step_id, hold = self._running_when(scene, "step_cancelled")

        scene.append(s.step_completed(step_id), fence=[hold])

        step = scene.world.steps.get(scene.run_id, step_id)
        assert (step.status, step.output) == (StepStatus.CANCELLED, None)

    @pytest.mark.parametrize("end", ["step_cancelled", "run_completed", "run_cancelled"])
    def test_there_is_one_late_outcome(self, scene: s.Scene, end: str) -> None:
        """410 for the second, also within one batch."""
        step_id, hold = self._running_when(scene, end)

        with s.refused(scene.world, scene.run_id, EntityGone, 410):
            scene.append(s.step_completed(step_id), s.step_failed(step_id), fence=[hold])
        scene.append(s.step_completed(step_id), fence=[hold])
        with s.refused(scene.world, scene.run_id, EntityGone, 410):
            scene.append(s.step_failed(step_id), fence=[hold])

    def test_a_late_outcome_needs_the_claim(self, scene: s.Scene) -> None:
        """409 for a stranger while the attempt still runs."""
        step_id, _ = self._running_when(scene, "step_cancelled")

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(s.step_completed(step_id), fence=[])

    def test_a_cancelled_step_is_not_tried_again(self, scene: s.Scene) -> None:
        """410 for step_retrying and step_started, with its claim."""
        step_id, hold = self._running_when(scene, "step_cancelled")

        for event in (s.step_retrying(step_id), s.step_started(step_id, 2)):
            with s.refused(scene.world, scene.run_id, EntityGone, 410):
                scene.append(event, fence=[hold])

    def test_after_the_end_of_the_run_a_step_is_not_tried_again(self, scene: s.Scene) -> None:
        """410."""
        step_id, hold = self._running_when(scene, "run_cancelled")

        with s.refused(scene.world, scene.run_id, RunGone, 410):
            scene.append(s.step_retrying(step_id), fence=[hold])

    @pytest.mark.parametrize("end", ["step_cancelled", "run_completed", "run_cancelled"])
    def test_a_step_that_ran_is_marked_abandoned_and_can_be_extended(
        self, scene: s.Scene, end: str
    ) -> None:
        """Its executor goes on as if nothing happened."""
        step_id, hold = self._running_when(scene, end)

        assert scene.task(step_id).abandoned
        assert scene.world.queue.extend("ann", [hold]) == {hold}
        assert scene.world.queue.next_ready(run_id=scene.run_id) is None

    @pytest.mark.parametrize("end", ["step_cancelled", "run_completed", "run_cancelled"])
    def test_a_step_that_waits_is_deleted_and_has_no_late_outcome(
        self, scene: s.Scene, end: str
    ) -> None:
        """Pending steps never start; an outcome of one is 410."""
        step_id = scene.pending_step()
        self._end(scene, end, step_id)

        assert scene.world.queue.get(step_id) is None
        with s.refused(scene.world, scene.run_id, EntityGone, 410):
            scene.append(s.step_failed(step_id), fence=[(step_id, 0)])

    @pytest.mark.parametrize("end", ["step_cancelled", "run_completed"])
    def test_an_abandoned_step_whose_lease_ran_out_is_deleted_by_the_next_claim(
        self, scene: s.Scene, end: str
    ) -> None:
        """The claim starts nothing."""
        step_id, hold = self._running_when(scene, end)
        scene.clock.advance(s.LEASE + s.SECOND)

        assert scene.world.queue.claim("bob", names=["shop:charge"]) == []

        assert scene.world.queue.get(step_id) is None
        with s.refused(scene.world, scene.run_id, EntityGone, 410):
            scene.append(s.step_completed(step_id), fence=[hold])

    def test_a_claim_gets_as_many_as_it_wants_though_some_are_only_to_be_deleted(
        self, scene: s.Scene
    ) -> None:
        """What is abandoned stands before what is ready, and does not count."""
        for number in (1, 2, 3):
            step_id, _ = scene.running_step(number)
            scene.append(s.step_cancelled(step_id))
        scene.clock.advance(s.LEASE + s.SECOND)
        ready = [scene.pending_step(number) for number in (4, 5)]

        claimed = scene.world.queue.claim("bob", limit=2, names=["shop:charge"])

        assert [task.task_id for task in claimed] == ready
        assert scene.world.queue.claim("bob", limit=2, names=["shop:charge"]) == []

    def test_releasing_an_abandoned_step_deletes_it(self, scene: s.Scene) -> None:
        """Nobody else may try it."""
        step_id, hold = self._running_when(scene, "run_completed")

        scene.world.queue.release(hold)

        assert scene.world.queue.get(step_id) is None

    def test_a_bet_beside_a_foreign_end_leaves_its_fact(self, scene: s.Scene) -> None:
        """The batch is refused whole with 410; the fact alone is accepted."""
        step_id, hold = scene.running_step(1)
        scene.append(s.run_cancelled(), fence=[])
        fact = s.step_completed(step_id)

        with s.refused(scene.world, scene.run_id, RunGone, 410):
            scene.append(
                fact, s.step_created(scene.id("step", 2)), after=3, fence=[scene.hold, hold]
            )
        scene.append(fact, fence=[hold])

        assert scene.types()[-2:] == ["run_cancelled", "step_completed"]

    def _running_when(self, scene: s.Scene, end: str) -> tuple[str, tuple[str, int]]:
        step_id, hold = scene.running_step()
        self._end(scene, end, step_id)
        return step_id, hold

    def _end(self, scene: s.Scene, end: str, step_id: str) -> None:
        event = {
            "step_cancelled": s.step_cancelled(step_id),
            "run_completed": s.run_completed(),
            "run_cancelled": s.run_cancelled(),
        }[end]
        scene.append(event)
