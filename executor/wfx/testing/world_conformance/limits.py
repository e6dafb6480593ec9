"""Priorities, and the limits of queues: what a claim takes first, and what it leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wfx.ids import new_id
from wfx.queues import NO_LIMITS, QueueLimits, Rate
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import TaskKind

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.world import Task, World

_MINUTE = timedelta(minutes=1)


def _steps(
    scene: s.Scene, count: int, key: str | None = None, priority: int | None = None
) -> list[str]:
    """Ready steps of the queue `gpu`, a second apart."""
    ids = [new_id("step") for _ in range(count)]
    for step_id in ids:
        scene.append(s.step_created(step_id, queue="gpu", key=key, priority=priority))
        scene.clock.advance(s.SECOND)
    return ids


def _claim(world: World, owner: str = "bob", limit: int = 9) -> list[str]:
    kinds = [TaskKind.STEP]
    return [task.task_id for task in world.queue.claim(owner, kinds=kinds, limit=limit)]


def _complete(scene: s.Scene, step_id: str) -> None:
    task: Task = scene.task(step_id)
    scene.world.events.create_batch(
        scene.run_id, [s.step_started(step_id), s.step_completed(step_id)], fence=[task.hold]
    )


class Limits(Conformance):
    """Who must wait although a worker is free."""

    def test_a_smaller_priority_goes_first(self, world: World, clock: ManualClock) -> None:
        """Then the oldest; most have none, which is 0."""
        runs = []
        for priority in (0, 5, -5, 0, 7, -9):
            context = {"priority": priority} if priority else None
            run = s.new_run(world, clock, execution_context=context)
            runs.append(run.run_id)
            clock.advance(s.SECOND)

        claimed = [task.task_id for task in world.queue.claim("ann", limit=2)]
        claimed += [task.task_id for task in world.queue.claim("ann", limit=9)]

        assert claimed == [runs[5], runs[2], runs[0], runs[3], runs[1], runs[4]]
        assert [world.queue.get(run).priority for run in runs] == [0, 5, -5, 0, 7, -9]  # type: ignore[union-attr]  # they are there

    def test_a_step_has_its_own_priority_or_that_of_its_run(
        self, world: World, clock: ManualClock
    ) -> None:
        """So that what an urgent run needs is urgent."""
        scene = s.started_run(world, clock, execution_context={"priority": -3})
        own, inherited = scene.ids("step", 2)
        scene.append(s.step_created(own, priority=8), s.step_created(inherited))

        assert scene.task(own).priority == 8
        assert scene.task(inherited).priority == -3

    def test_when_something_of_any_priority_is_ready_is_told(
        self, world: World, clock: ManualClock
    ) -> None:
        """A worker wakes for it."""
        s.new_run(world, clock, execution_context={"priority": 4})
        assert world.queue.next_ready() == s.START

    def test_no_more_steps_of_a_queue_run_than_its_concurrency(self, scene: s.Scene) -> None:
        """Whoever claims; and a step that ends makes room."""
        world = scene.world
        world.queue.set_limits("gpu", QueueLimits(concurrency=2))
        ids = _steps(scene, 4)

        assert _claim(world) == ids[:2]
        assert _claim(world, "cid") == []
        _complete(scene, ids[0])
        assert _claim(world, "cid") == [ids[2]]

    def test_what_must_wait_does_not_keep_others_from_starting(self, scene: s.Scene) -> None:
        """However many of them stand before it."""
        world = scene.world
        world.queue.set_limits("gpu", QueueLimits(concurrency=1))
        ids = _steps(scene, 5)
        other = new_id("step")
        scene.append(s.step_created(other))

        assert _claim(world, limit=3) == [ids[0], other]

    def test_a_lease_that_ran_out_makes_room(self, scene: s.Scene) -> None:
        """The step itself is ready again, and takes it."""
        world = scene.world
        world.queue.set_limits("gpu", QueueLimits(concurrency=1))
        ids = _steps(scene, 2)
        assert _claim(world) == [ids[0]]

        scene.clock.advance(s.LEASE)
        assert _claim(world, "cid") == [ids[1]]
        assert _claim(world, "cid") == []

    def test_a_queue_of_concurrency_0_stands_still(self, scene: s.Scene) -> None:
        """Until it is given another limit, or none."""
        world = scene.world
        world.queue.set_limits("gpu", QueueLimits(concurrency=0))
        ids = _steps(scene, 2)
        assert _claim(world) == []

        world.queue.set_limits("gpu", NO_LIMITS)
        assert world.queue.limits() == {}
        assert _claim(world) == ids

    def test_steps_of_one_key_wait_for_each_other(self, scene: s.Scene) -> None:
        """Those of other keys, and those without one, do not."""
        world = scene.world
        world.queue.set_limits("gpu", QueueLimits(concurrency_per_key=1))
        of_a = _steps(scene, 3, key="a")
        of_b = _steps(scene, 2, key="b")
        free = _steps(scene, 2)

        assert _claim(world, limit=3) == [of_a[0], of_b[0], free[0]]
        _complete(scene, of_a[0])
        assert _claim(world) == [of_a[1], free[1]]

    def test_an_urgent_step_behind_those_that_must_wait_goes_before_others(
        self, scene: s.Scene
    ) -> None:
        """However far behind, and however few are asked for."""
        world = scene.world
        world.queue.set_limits("gpu", QueueLimits(concurrency_per_key=1))
        urgent = _steps(scene, 4, key="a", priority=-5)
        behind = _steps(scene, 1, key="b", priority=-5)
        later = _steps(scene, 2)
        last = _steps(scene, 2, priority=5)

        assert _claim(world, limit=2) == [urgent[0], behind[0]]
        assert _claim(world, limit=3) == [*later, last[0]]

    def test_no_more_attempts_start_in_any_minute_than_the_rate(self, scene: s.Scene) -> None:
        """Counted from each start, to the microsecond; that they end makes no room."""
        world, clock = scene.world, scene.clock
        world.queue.set_limits("gpu", QueueLimits(rate=Rate(2, _MINUTE)))
        ids = _steps(scene, 5)

        assert _claim(world, limit=1) == ids[:1]
        clock.advance(10 * s.SECOND)
        assert _claim(world) == ids[1:2]
        _complete(scene, ids[0])
        scene.world.queue.extend("bob", [scene.task(ids[1]).hold], 2 * _MINUTE)

        clock.advance(50 * s.SECOND - timedelta(microseconds=1))
        assert _claim(world, "cid") == []
        clock.advance(timedelta(microseconds=1))
        assert _claim(world, "cid") == ids[2:3]
        clock.advance(10 * s.SECOND)
        assert _claim(world, "cid") == ids[3:4]

    def test_each_key_has_a_rate_of_its_own(self, scene: s.Scene) -> None:
        """One customer's flood is not the others'."""
        world = scene.world
        world.queue.set_limits("gpu", QueueLimits(rate_per_key=Rate(1, _MINUTE)))
        of_a, of_b = _steps(scene, 2, key="a"), _steps(scene, 2, key="b")

        assert _claim(world) == [of_a[0], of_b[0]]
        assert _claim(world, "cid") == []

    def test_limits_are_kept_and_replaced(self, scene: s.Scene) -> None:
        """All of them, for every handle on the world."""
        limits = QueueLimits(
            concurrency=3,
            rate=Rate(5, s.SECOND),
            concurrency_per_key=1,
            rate_per_key=Rate(2, _MINUTE),
        )
        queue = scene.world.queue
        queue.set_limits("gpu", QueueLimits(concurrency=9))
        queue.set_limits("gpu", limits)
        queue.set_limits("\ud800 é", QueueLimits(concurrency=1))

        assert queue.limits() == {"gpu": limits, "\ud800 é": QueueLimits(concurrency=1)}

    def test_runs_are_activated_whatever_the_limits_of_steps(
        self, world: World, clock: ManualClock
    ) -> None:
        """They are in the queue `default` with the steps that name none."""
        world.queue.set_limits("default", QueueLimits(concurrency=0))
        run = s.new_run(world, clock)

        assert [task.task_id for task in world.queue.claim("ann")] == [run.run_id]
