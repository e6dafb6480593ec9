"""`fence`: who may append what."""

from __future__ import annotations

import pytest

from wfx.errors import LeaseLost
from wfx.events import NewEvent
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance


class Fences(Conformance):
    """A writer that lost its claim cannot write."""

    @pytest.mark.parametrize(
        "event",
        [
            s.step_created("step_1"),
            s.hook_created("hook_1"),
            s.wait_created("wait_1"),
            s.effect_recorded(),
            s.run_completed(),
            s.run_failed(),
        ],
        ids=lambda event: event.data.type,
    )
    def test_a_command_needs_the_claim_of_the_run(self, scene: s.Scene, event: NewEvent) -> None:
        """409 without a claim, and with another number; the answer names the holder."""
        for fence in ([], [(scene.run_id, 7)]):
            with s.refused(scene.world, scene.run_id, LeaseLost, 409) as caught:
                scene.append(event, fence=fence)
            assert isinstance(caught.value, LeaseLost)
            assert (caught.value.task_id, caught.value.holder) == (scene.run_id, "ann")

    def test_the_first_activation_needs_the_claim_of_the_run(self, scene: s.Scene) -> None:
        """409 for run_started without it."""
        other = s.new_run(scene.world, scene.clock)

        with s.refused(scene.world, other.run_id, LeaseLost, 409):
            other.append(s.run_started())

    def test_an_owner_that_was_taken_over_cannot_write(self, scene: s.Scene) -> None:
        """409 for the old claim; the new one writes."""
        second = scene.taken_over()

        with s.refused(scene.world, scene.run_id, LeaseLost, 409) as caught:
            scene.append(s.effect_recorded())
        assert getattr(caught.value, "holder", None) == "bob"
        second.append(s.effect_recorded())

    def test_a_lease_that_ran_out_still_counts_until_someone_claims(self, scene: s.Scene) -> None:
        """The fence decides, not the clock."""
        scene.clock.advance(s.LEASE + s.SECOND)

        scene.append(s.effect_recorded())

        assert scene.types()[-1] == "effect_recorded"

    def test_a_released_claim_entitles_to_nothing(self, scene: s.Scene) -> None:
        """409, although the number is still the last one given."""
        scene.world.queue.release(scene.hold, read_through=1)

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(s.effect_recorded())

    def test_a_lost_claim_is_told_before_what_another_owner_did(self, scene: s.Scene) -> None:
        """A stale owner must stop: it is not told that its step is there already."""
        second = scene.taken_over()
        step_id = scene.id("step")
        second.append(s.step_created(step_id))

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(s.step_created(step_id))

    def test_an_outcome_needs_the_claim_of_its_step(self, scene: s.Scene) -> None:
        """409 with nothing, with the run's claim only, and with another number."""
        step_id, hold = scene.running_step()

        for event in (
            s.step_completed(step_id),
            s.step_failed(step_id),
            s.step_retrying(step_id),
            s.step_started(step_id, 2),
        ):
            for fence in ([], [scene.hold], [(step_id, 9)]):
                with s.refused(scene.world, scene.run_id, LeaseLost, 409):
                    scene.append(event, fence=fence)
        scene.append(s.step_completed(step_id), fence=[hold])

    def test_the_executor_of_a_step_needs_no_claim_of_the_run(self, scene: s.Scene) -> None:
        """Facts are appended by whoever holds the step."""
        step_id = scene.pending_step()
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])

        scene.append(s.step_started(step_id), fence=[claim.hold])
        scene.append(s.step_completed(step_id), fence=[claim.hold])

        assert scene.types()[-2:] == ["step_started", "step_completed"]

    def test_who_creates_a_step_may_claim_it_in_the_same_append(self, scene: s.Scene) -> None:
        """step_created and step_started together: the run's owner holds it as number 1."""
        step_id, _ = scene.running_step()

        task = scene.task(step_id)

        assert (task.owner, task.fence, task.ready_at) == ("ann", 1, None)
        assert task.lease_until == scene.task().lease_until
        assert scene.world.queue.claim("bob", names=["shop:charge"]) == []

    def test_a_step_that_was_only_created_can_be_claimed_by_anyone(self, scene: s.Scene) -> None:
        """Its task is ready at once and has no owner."""
        step_id = scene.pending_step()

        task = scene.task(step_id)
        assert (task.owner, task.fence, task.ready_at) == (None, 0, s.START)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])
        assert (claim.task_id, claim.fence) == (step_id, 1)

    def test_a_step_taken_over_is_closed_to_its_first_owner(self, scene: s.Scene) -> None:
        """409 for the outcome, and for the start of the attempt that the other began."""
        step_id, hold = scene.running_step()
        scene.clock.advance(s.LEASE + s.SECOND)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])
        scene.append(s.step_started(step_id, 2), fence=[claim.hold])

        for event in (s.step_completed(step_id), s.step_started(step_id, 2)):
            with s.refused(scene.world, scene.run_id, LeaseLost, 409):
                scene.append(event, fence=[hold])

    def test_a_payload_and_a_cancellation_need_no_claim(self, scene: s.Scene) -> None:
        """Clients hold nothing."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))

        scene.append(s.hook_received(hook_id), fence=[])
        scene.append(s.run_cancelled(), fence=[])

        assert scene.types()[-2:] == ["hook_received", "run_cancelled"]

    def test_a_bet_is_written_under_both_claims(self, scene: s.Scene) -> None:
        """The outcome of a step and the start of the next travel in one append."""
        step_id, hold = scene.running_step(1)
        following = scene.id("step", 2)

        scene.append(
            s.step_completed(step_id),
            s.step_created(following),
            s.step_started(following),
            after=scene.end,
            fence=[scene.hold, hold],
        )

        assert scene.world.queue.get(step_id) is None
        assert scene.task(following).hold == (following, 1)
