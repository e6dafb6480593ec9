"""Listings: filters, pages, and leaving payloads out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wfx.codec import dumps
from wfx.entities import RunStatus, StepStatus
from wfx.errors import NotFound
from wfx.events import to_wire
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.world import World


class Listings(Conformance):
    """What is shown of runs, steps and logs."""

    def test_runs_are_listed_newest_first_page_by_page(
        self, world: World, clock: ManualClock
    ) -> None:
        """A cursor goes on where the page ended; the last page has none."""
        ids = self._runs(world, clock, 5)

        pages = [world.runs.list(limit=2)]
        while pages[-1].cursor is not None:
            pages.append(world.runs.list(limit=2, cursor=pages[-1].cursor))

        assert [[run.run_id for run in page.items] for page in pages] == [
            [ids[4], ids[3]],
            [ids[2], ids[1]],
            [ids[0]],
        ]

    def test_runs_are_listed_oldest_first_when_asked(
        self, world: World, clock: ManualClock
    ) -> None:
        """With cursors too."""
        ids = self._runs(world, clock, 5)

        first = world.runs.list(limit=3, order="asc")
        second = world.runs.list(limit=3, order="asc", cursor=first.cursor)

        assert [run.run_id for run in first.items + second.items] == ids
        assert second.cursor is None

    def test_a_page_is_not_disturbed_by_newer_runs(self, world: World, clock: ManualClock) -> None:
        """Nothing is doubled or left out."""
        ids = self._runs(world, clock, 3)
        first = world.runs.list(limit=2)
        self._runs(world, clock, 2)

        second = world.runs.list(limit=2, cursor=first.cursor)

        assert [run.run_id for run in second.items] == [ids[0]]

    def test_runs_created_in_the_same_instant_are_all_listed(
        self, world: World, clock: ManualClock
    ) -> None:
        """Page by page, each once."""
        ids = {s.new_run(world, clock).run_id for _ in range(7)}

        pages = [world.runs.list(limit=3)]
        while pages[-1].cursor is not None:
            pages.append(world.runs.list(limit=3, cursor=pages[-1].cursor))

        listed = [run.run_id for page in pages for run in page.items]
        assert len(listed) == 7
        assert set(listed) == ids

    def test_runs_are_filtered(self, world: World, clock: ManualClock) -> None:
        """By status, workflow and time of creation, alone and together."""
        a, b, c, d = self._runs(world, clock, 4)
        world.events.create(b, s.run_cancelled())
        clock.advance(s.SECOND)
        refund = s.new_run(world, clock, "shop:refund").run_id

        def ids(**filters: object) -> list[str]:
            return [run.run_id for run in world.runs.list(**filters).items]  # type: ignore[arg-type]  # any filter

        assert ids(status=RunStatus.CANCELLED) == [b]
        assert ids(status=RunStatus.PENDING, workflow_name="shop:checkout") == [d, c, a]
        assert ids(workflow_name="shop:refund") == [refund]
        assert ids(created_after=s.START + s.SECOND) == [refund, d, c]
        assert ids(created_before=s.START + s.SECOND) == [a]
        assert ids(status=RunStatus.FAILED) == []

    def test_filters_hold_over_pages(self, world: World, clock: ManualClock) -> None:
        """A page is full of what was asked for, not of what was looked at."""
        ids = self._runs(world, clock, 9)
        for run_id in ids[::2]:
            world.events.create(run_id, s.run_cancelled())

        first = world.runs.list(status=RunStatus.CANCELLED, limit=3)
        second = world.runs.list(status=RunStatus.CANCELLED, limit=3, cursor=first.cursor)

        assert [run.run_id for run in first.items + second.items] == ids[::-2]
        assert second.cursor is None

    def test_payloads_are_left_out_unless_asked_for(self, scene: s.Scene) -> None:
        """Listings leave them out, `get` does not; each does what it is told."""
        step_id, hold = scene.running_step(1)
        scene.append(s.step_completed(step_id, "big"), fence=[hold])
        scene.append(s.run_completed("big"))
        runs, steps = scene.world.runs, scene.world.steps

        for run in (runs.list().items[0], runs.get(scene.run_id, "none")):
            assert (run.input, run.output, run.status) == (None, None, "completed")
        for run in (runs.list(resolve_data="all").items[0], runs.get(scene.run_id)):
            assert (run.input, run.output) == (["a", 1], "big")
        for step in (
            steps.list(scene.run_id).items[0],
            steps.get(scene.run_id, step_id, resolve_data="none"),
        ):
            assert (step.input, step.output, step.status) == (None, None, "completed")
        for step in (
            steps.list(scene.run_id, resolve_data="all").items[0],
            steps.get(scene.run_id, step_id),
        ):
            assert (step.input, step.output) == ([1], "big")

    def test_steps_are_listed_in_the_order_they_were_created(self, scene: s.Scene) -> None:
        """Page by page and by status."""
        ids = scene.ids("step", 5)
        scene.append(*(s.step_created(id) for id in ids))
        scene.append(s.step_cancelled(ids[2]))
        steps = scene.world.steps

        first = steps.list(scene.run_id, limit=3)
        second = steps.list(scene.run_id, limit=3, cursor=first.cursor)

        assert [step.step_id for step in first.items + second.items] == ids
        assert second.cursor is None
        pending = steps.list(scene.run_id, status=StepStatus.PENDING, limit=3)
        assert [step.step_id for step in pending.items] == [ids[0], ids[1], ids[3]]
        rest = steps.list(scene.run_id, status=StepStatus.PENDING, cursor=pending.cursor)
        assert [step.step_id for step in rest.items] == [ids[4]]

    def test_some_steps_are_read_at_once_with_their_payloads(self, scene: s.Scene) -> None:
        """By id; those that the run has not are left out."""
        ids = scene.ids("step", 3)
        scene.append(*(s.step_created(id) for id in ids))

        found = scene.world.steps.get_many(scene.run_id, [ids[2], "step_unknown", ids[0]])

        assert found == {id: scene.world.steps.get(scene.run_id, id) for id in (ids[0], ids[2])}
        assert scene.world.steps.get_many(scene.run_id, []) == {}

    def test_a_step_shows_where_it_was_asked_for(self, scene: s.Scene) -> None:
        """Its call, queue and name."""
        step_id = scene.id("step")
        scene.append(s.step_created(step_id, "shop:draw", "gpu"))

        step = scene.world.steps.get(scene.run_id, step_id)

        assert (step.step_name, step.queue) == ("shop:draw", "gpu")
        assert step.call is not None
        assert (step.call.scope, step.call.ordinal, step.call.place) == ("main", 0, "shop.py:7")

    def test_a_log_is_read_from_any_position_in_both_directions(self, scene: s.Scene) -> None:
        """Up from a position, down from one, down from the end."""
        scene.append(*(s.effect_recorded() for _ in range(6)))
        events = scene.world.events

        def positions(**asked: object) -> list[int]:
            return [e.position for e in events.list(scene.run_id, **asked)]  # type: ignore[arg-type]  # any

        assert positions() == list(range(8))
        assert positions(from_position=5) == [5, 6, 7]
        assert positions(from_position=2, limit=3) == [2, 3, 4]
        assert positions(from_position=8) == []
        assert positions(from_position=-1, order="desc") == list(range(7, -1, -1))
        assert positions(from_position=-1, order="desc", limit=2) == [7, 6]
        assert positions(from_position=3, order="desc") == [3, 2, 1, 0]
        assert positions(from_position=3, order="desc", limit=2) == [3, 2]
        assert positions(from_position=0, limit=0) == []

    def test_a_log_can_be_streamed(self, scene: s.Scene) -> None:
        """All of it, or from a position on."""
        scene.append(*(s.effect_recorded() for _ in range(6)))

        assert list(scene.world.events.stream(scene.run_id)) == scene.log()
        assert list(scene.world.events.stream(scene.run_id, 5)) == scene.log()[5:]

    def test_a_log_can_be_read_as_text(self, scene: s.Scene) -> None:
        """Its lines are those of a recording, whatever the values and ids hold."""
        scene.append(s.step_created("step_1", 'the "é" of \\'), s.step_started("step_1"))
        completed = s.step_completed("step_1", {"a": [1.5, None, "\x7f\u2028\U0001f600"]})
        scene.world.events.create(scene.run_id, completed, fence=[("step_1", 1)])

        found = list(scene.world.events.lines(scene.run_id))

        assert found == [dumps(to_wire(event)) for event in scene.log()]

    def test_what_a_run_has_not_is_not_found(self, scene: s.Scene) -> None:
        """404 for a step and a wait of another run."""
        other = s.started_run(scene.world, scene.clock)
        step_id = other.pending_step()
        other.append(s.wait_created(other.id("wait", 2)))

        with pytest.raises(NotFound):
            scene.world.steps.get(scene.run_id, step_id)
        with pytest.raises(NotFound):
            scene.world.waits.get(scene.run_id, other.id("wait", 2))
        assert scene.world.events.list_by_correlation_id(scene.run_id, step_id) == []

    def _runs(self, world: World, clock: ManualClock, count: int) -> list[str]:
        ids = []
        for place in range(count):
            clock.advance(s.SECOND if place else 0 * s.SECOND)
            ids.append(s.new_run(world, clock).run_id)
        return ids
