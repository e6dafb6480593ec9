"""Size: large batches land whole and densely."""

from __future__ import annotations

import pytest

from wfx.errors import NotFound
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance


class Size(Conformance):
    """Thousands of events in one append."""

    def test_a_batch_of_thousands_lands_whole(self, scene: s.Scene) -> None:
        """Steps, hooks, waits and effects, each with its entity and task."""
        self._append_and_count(scene, 1_000)

    @pytest.mark.slow
    def test_a_batch_of_a_hundred_thousand_lands_whole(self, scene: s.Scene) -> None:
        """Linear in time, bounded in memory."""
        self._append_and_count(scene, 25_000)

    def _append_and_count(self, scene: s.Scene, each: int) -> None:
        steps = [scene.id("step", n) for n in range(each)]
        hooks = [scene.id("hook", n) for n in range(each, 2 * each)]
        waits = [scene.id("wait", n) for n in range(2 * each, 3 * each)]

        results = scene.append(
            *(s.step_created(id) for id in steps),
            *(s.hook_created(id, id) for id in hooks),
            *(s.wait_created(id, s.START) for id in waits),
            *(s.effect_recorded() for _ in range(each)),
            after=1,
        )

        assert [s.event_of(r).position for r in results] == list(range(2, 2 + 4 * each))
        count = 0
        for place, event in enumerate(scene.world.events.stream(scene.run_id)):
            assert event.position == place
            count += 1
        assert count == 2 + 4 * each
        assert scene.world.steps.get(scene.run_id, steps[-1]).status == "pending"
        assert scene.world.hooks.get_by_token(hooks[-1]).hook_id == hooks[-1]
        claimed = scene.world.queue.claim("bob", names=["shop:charge"], limit=each + 1)
        assert sorted(task.task_id for task in claimed) == sorted(steps)
        assert scene.world.queue.due(each) == each

    def test_a_large_batch_is_refused_whole_by_its_last_event(self, scene: s.Scene) -> None:
        """Nothing of the thousands before it is written."""
        ids = scene.ids("step", 2_000)

        with s.refused(scene.world, scene.run_id, NotFound, 404):
            scene.append(*(s.step_created(id) for id in ids), s.step_cancelled("step_unknown"))

    def test_a_large_batch_is_answered_when_it_is_repeated(self, scene: s.Scene) -> None:
        """Every id is found again."""
        batch = [s.effect_recorded() for _ in range(2_000)]
        first = scene.append(*batch, after=1)

        assert scene.append(*batch, after=1) == first
