"""Repeated appends: a lost acknowledgement is harmless (PROTOCOL 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wfx.errors import PositionConflict
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance

if TYPE_CHECKING:
    from wfx.world import World


class Repeats(Conformance):
    """The same event ids are answered with what is stored."""

    def test_a_repeated_batch_returns_what_is_stored(self, scene: s.Scene) -> None:
        """The same events at the same positions, and nothing is written."""
        batch = [s.step_created(scene.id("step", 1)), s.effect_recorded()]
        first = scene.append(*batch, after=1)
        before = s.everything(scene.world, scene.run_id)

        again = scene.append(*batch, after=1)

        assert [result.event for result in again] == [result.event for result in first]
        assert s.everything(scene.world, scene.run_id) == before

    def test_a_repeated_creation_returns_the_same_run(self, world: World) -> None:
        """With an id of its own and without one."""
        named, unnamed, run_id = s.run_created(), s.run_created(), new_id("wrun")
        first = [world.events.create(run_id, named), world.events.create(None, unnamed)]

        again = [world.events.create(run_id, named), world.events.create(None, unnamed)]

        assert [result.event for result in again] == [result.event for result in first]
        assert len(world.runs.list().items) == 2

    def test_a_repeat_after_a_takeover_is_answered_too(self, scene: s.Scene) -> None:
        """It was written, and that is the answer, although the claim has ended."""
        batch = [s.step_created(scene.id("step", 1)), s.effect_recorded()]
        first = scene.append(*batch, after=1)
        scene.taken_over().append(s.effect_recorded())

        again = scene.append(*batch, after=1)

        assert [result.event for result in again] == [result.event for result in first]

    def test_a_repeat_after_the_end_of_the_run_is_answered_too(self, scene: s.Scene) -> None:
        """The last append of a run may be the one whose answer got lost."""
        last = s.run_completed("x")
        (first,) = scene.append(last)

        (again,) = scene.append(last)

        assert again.event == first.event

    def test_dropped_commands_count_as_there(self, scene: s.Scene) -> None:
        """A batch with a cancel that lost the race is answered the same way again."""
        step_id, hold = scene.running_step(1)
        scene.append(s.step_completed(step_id), fence=[hold])
        batch = [s.effect_recorded(), s.step_cancelled(step_id), s.effect_recorded()]
        first = scene.append(*batch)

        again = scene.append(*batch)

        assert s.types_of(again) == ["effect_recorded", None, "effect_recorded"]
        assert [result.event for result in again] == [result.event for result in first]

    def test_a_hook_conflict_is_found_under_the_id_of_hook_created(self, scene: s.Scene) -> None:
        """The conflict keeps the event id, so the repeat finds it."""
        other = s.started_run(scene.world, scene.clock)
        other.append(s.hook_created(other.id("hook"), "taken"))
        batch = [s.hook_created(scene.id("hook"), "taken"), s.effect_recorded()]
        first = scene.append(*batch)

        again = scene.append(*batch)

        assert s.types_of(again) == ["hook_conflict", "effect_recorded"]
        assert [result.event for result in again] == [result.event for result in first]

    def test_some_ids_there_and_some_not_is_a_conflict(self, scene: s.Scene) -> None:
        """409, and nothing of the batch is written."""
        there = s.effect_recorded()
        scene.append(there)

        with s.refused(scene.world, scene.run_id, PositionConflict, 409):
            scene.append(there, s.step_created(scene.id("step")))
        with s.refused(scene.world, scene.run_id, PositionConflict, 409):
            scene.append(s.step_created(scene.id("step")), there)

    def test_a_repeated_own_start_does_not_claim_again(self, scene: s.Scene) -> None:
        """The claim on the step is what it is now."""
        step_id = scene.id("step")
        batch = [s.step_created(step_id), s.step_started(step_id)]
        scene.append(*batch)
        scene.clock.advance(s.LEASE + s.SECOND)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])

        scene.append(*batch)

        assert scene.task(step_id) == claim
