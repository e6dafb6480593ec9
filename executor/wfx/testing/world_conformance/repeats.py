"""Repeated appends: a lost acknowledgement is harmless (PROTOCOL 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from wfx.clock import ManualClock
from wfx.errors import PositionConflict
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import EventResult, Hold, TaskKind, World

if TYPE_CHECKING:
    from wfx.events import NewEvent


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

    @pytest.mark.parametrize("end", [s.run_completed, s.run_failed, s.run_cancelled])
    def test_a_repeat_of_anything_is_answered_at_once_and_at_the_end(
        self, world: World, clock: ManualClock, end: Callable[[], NewEvent]
    ) -> None:
        """Whatever became since of what it is about: with the stored event, and nothing changes."""
        scene = s.new_run(world, clock)
        scene.claim = scene.claimed_by("ann")
        done, failed, cancelled = scene.ids("step", 3)
        hook, wait = scene.id("hook"), scene.id("wait")
        appended: list[tuple[NewEvent, list[Hold], EventResult]] = []

        def answered_again(event: NewEvent, fence: list[Hold], first: EventResult) -> None:
            before = s.everything(world, scene.run_id)
            (again,) = scene.append(event, fence=fence)
            assert again.event == first.event, event.data.type
            assert again.stored, event.data.type
            assert s.everything(world, scene.run_id) == before, event.data.type

        def append(*events: NewEvent, claim: bool = False) -> None:
            fence = [scene.hold]
            if claim:
                (task,) = world.queue.claim("bob", kinds=[TaskKind.STEP])
                fence.append(task.hold)
            for event in events:
                (first,) = scene.append(event, fence=fence)
                appended.append((event, fence, first))
                answered_again(*appended[-1])

        append(s.run_started(), s.effect_recorded(), s.step_created(done))
        append(s.step_started(done), s.step_retrying(done), claim=True)
        append(s.step_started(done, 2), s.step_completed(done), claim=True)
        append(s.step_created(failed))
        append(s.step_started(failed), s.step_failed(failed), claim=True)
        append(s.step_created(cancelled), s.step_cancelled(cancelled))
        append(s.hook_created(hook), s.hook_received(hook), s.hook_received(hook, "no"))
        append(s.hook_disposed(hook), s.wait_created(wait), s.wait_cancelled(wait), end())
        assert len(appended) == scene.end

        for event, fence, first in appended:
            answered_again(event, fence, first)

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
