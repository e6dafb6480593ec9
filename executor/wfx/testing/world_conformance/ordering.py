"""`after`: what may lie past the position a writer last saw (PROTOCOL 1)."""

from __future__ import annotations

from wfx.errors import PositionConflict, RunGone
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance


class Ordering(Conformance):
    """Which appends `after` refuses; the log of `scene` ends at position 1."""

    def test_a_command_past_after_refuses_a_batch_of_commands(self, scene: s.Scene) -> None:
        """409, naming what was expected and where the log ends."""
        scene.append(s.step_created(scene.id("step", 1)))

        with s.refused(scene.world, scene.run_id, PositionConflict, 409) as caught:
            scene.append(s.step_created(scene.id("step", 2)), after=1)
        assert isinstance(caught.value, PositionConflict)
        assert (caught.value.expected, caught.value.actual) == (1, 2)

    def test_an_effect_past_after_refuses_a_batch_of_effects(self, scene: s.Scene) -> None:
        """Effects count as commands."""
        scene.append(s.effect_recorded())

        with s.refused(scene.world, scene.run_id, PositionConflict, 409):
            scene.append(s.effect_recorded(), after=1)

    def test_an_append_after_the_end_lands(self, scene: s.Scene) -> None:
        """Nothing lies past it."""
        scene.append(s.step_created(scene.id("step", 1)), after=1)
        scene.append(s.step_created(scene.id("step", 2)), after=2)

        assert scene.end == 3

    def test_a_payload_past_after_does_not_refuse_commands(self, scene: s.Scene) -> None:
        """Else a busy run starves."""
        hook_id = scene.id("hook", 1)
        scene.append(s.hook_created(hook_id))
        scene.append(s.hook_received(hook_id), fence=[])

        scene.append(s.step_created(scene.id("step", 2)), after=2)

        assert scene.types()[-2:] == ["hook_received", "step_created"]

    def test_a_payload_past_after_refuses_a_bet(self, scene: s.Scene) -> None:
        """An own outcome that was delivered before its commit must be the next delivered."""
        hook_id = scene.id("hook", 1)
        scene.append(s.hook_created(hook_id))
        step_id, hold = scene.running_step(2)
        end = scene.end
        scene.append(s.hook_received(hook_id), fence=[])

        with s.refused(scene.world, scene.run_id, PositionConflict, 409):
            scene.append(
                s.step_completed(step_id),
                s.step_created(scene.id("step", 3)),
                after=end,
                fence=[scene.hold, hold],
            )

    def test_a_command_past_after_does_not_refuse_facts(self, scene: s.Scene) -> None:
        """An outcome whose only elder is a command lands."""
        step_id, hold = scene.running_step(1)
        end = scene.end
        scene.append(s.effect_recorded())

        scene.append(s.step_completed(step_id), after=end, fence=[hold])

        assert scene.types()[-1] == "step_completed"

    def test_starts_and_retries_past_after_refuse_nothing(self, scene: s.Scene) -> None:
        """They are neither commands nor delivered."""
        first, first_hold = scene.running_step(1)
        second = scene.pending_step(2)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])
        end = scene.end
        scene.append(s.step_started(second), fence=[claim.hold])
        scene.append(s.step_retrying(second), fence=[claim.hold])

        scene.append(
            s.step_completed(first),
            s.step_created(scene.id("step", 3)),
            after=end,
            fence=[scene.hold, first_hold],
        )

        assert scene.types()[-4:] == [
            "step_started",
            "step_retrying",
            "step_completed",
            "step_created",
        ]

    def test_starts_and_retries_are_never_refused_by_after(self, scene: s.Scene) -> None:
        """Whatever lies past it."""
        step_id = scene.pending_step(1)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])
        scene.append(s.effect_recorded())

        scene.append(s.step_started(step_id), after=0, fence=[claim.hold])
        scene.append(s.step_retrying(step_id), after=0, fence=[claim.hold])

        assert scene.types()[-2:] == ["step_started", "step_retrying"]

    def test_without_after_facts_land_anywhere(self, scene: s.Scene) -> None:
        """Facts never depend on what lies before them."""
        step_id, hold = scene.running_step(1)
        scene.append(s.effect_recorded())

        scene.append(s.step_completed(step_id), fence=[hold])

        assert scene.types()[-1] == "step_completed"

    def test_on_an_ended_run_the_end_is_told_before_the_position(self, scene: s.Scene) -> None:
        """410 tells a stale writer more than 409."""
        scene.append(s.effect_recorded())
        scene.append(s.run_completed())

        with s.refused(scene.world, scene.run_id, RunGone, 410):
            scene.append(s.effect_recorded(), after=1)

    def test_heads_tell_where_logs_end(self, scene: s.Scene) -> None:
        """The next position, the last command or effect, the last delivered event."""
        step_id, hold = scene.running_step(1)
        other = s.new_run(scene.world, scene.clock)
        scene.append(s.step_completed(step_id), fence=[hold])

        heads = scene.world.events.heads([scene.run_id, other.run_id, "wrun_unknown"])

        assert set(heads) == {scene.run_id, other.run_id}
        head = heads[scene.run_id]
        assert (head.next_position, head.last_command, head.last_delivered) == (5, 2, 4)
        assert (head.run.status, head.run.input) == ("running", None)
        head = heads[other.run_id]
        assert (head.next_position, head.last_command, head.last_delivered) == (1, -1, -1)
