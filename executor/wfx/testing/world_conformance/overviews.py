"""What operators see: queues counted, claims, workers that said they are there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wfx.queues import QueueState, WorkerInfo
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import ParkReason, TaskKind

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.world import World


def _worker(owner: str, **fields: object) -> WorkerInfo:
    known: dict[str, object] = {
        "workflows": ("shop:checkout",),
        "queues": None,
        "slots": 10,
        "since": s.START,
        "seen_until": s.START + timedelta(minutes=1),
    }
    return WorkerInfo(owner=owner, **{**known, **fields})  # type: ignore[arg-type]  # of those types


class Overviews(Conformance):
    """Counts that are true in the moment they are read."""

    def test_an_empty_world_has_no_queues(self, world: World) -> None:
        """Nothing is made up."""
        assert list(world.queue.overview()) == []
        assert list(world.queue.workers()) == []

    def test_a_world_that_can_be_written_says_so(self, world: World) -> None:
        """By raising nothing; asking writes nothing."""
        world.check_writable()
        assert world.runs.list().items == []

    def test_each_task_is_counted_once_as_what_it_is(self, scene: s.Scene) -> None:
        """Ready, running, delayed, suspended, a wait to come or due, or parked."""
        world, clock = scene.world, scene.clock
        first, second, later = scene.ids("step", 3)
        soon, late = scene.ids("wait", 2)
        scene.append(
            s.step_created(first, queue="gpu"),
            s.step_created(second, queue="gpu"),
            s.step_created(later, queue="gpu"),
            s.wait_created(soon, s.START + 2 * s.SECOND),
            s.wait_created(late, s.START + 99 * s.SECOND),
        )
        (task,) = world.queue.claim("bob", queues=["gpu"], kinds=[TaskKind.STEP])
        started = [s.step_started(task.task_id), s.step_retrying(task.task_id, s.START + _HOUR)]
        world.events.create_batch(scene.run_id, started, fence=[task.hold])
        world.queue.claim("bob", queues=["gpu"], kinds=[TaskKind.STEP])
        parked = s.started_run(world, clock)
        world.queue.park(parked.task().hold, ParkReason.HELD, {"message": "no"})
        sleeping = s.started_run(world, clock)
        world.queue.release(sleeping.task().hold, read_through=1)
        clock.advance(3 * s.SECOND)

        assert list(world.queue.overview()) == [
            QueueState(queue="default", running=1, suspended=1, waits=1, waits_due=1, parked=1),
            QueueState(queue="gpu", ready=1, running=1, delayed=1, oldest_ready_at=s.START),
        ]
        clock.advance(s.LEASE)
        gpu = world.queue.overview()[1]
        assert (gpu.ready, gpu.running) == (2, 0)

    def test_held_tasks_can_be_listed(self, scene: s.Scene) -> None:
        """Who holds what, and until when."""
        world = scene.world
        other = s.new_run(world, scene.clock)

        assert [(t.task_id, t.owner) for t in world.queue.list(held=True)] == [
            (scene.run_id, "ann")
        ]
        assert [t.task_id for t in world.queue.list(held=False)] == [other.run_id]

    def test_runs_are_found_by_why_they_are_parked_and_by_their_queue(
        self, world: World, clock: ManualClock
    ) -> None:
        """A queue is that of an open step."""
        held, diverged, working = (s.started_run(world, clock) for _ in range(3))
        world.queue.park(held.task().hold, ParkReason.HELD, {"message": "no"})
        world.queue.park(diverged.task().hold, ParkReason.DIVERGENCE, {"message": "no"}, "d1")
        working.append(s.step_created(working.id("step"), queue="gpu"))

        def found(**filters: object) -> list[str]:
            return [run.run_id for run in world.runs.list(**filters).items]  # type: ignore[arg-type]  # any filter

        assert found(parked=ParkReason.HELD) == [held.run_id]
        assert found(parked=ParkReason.DIVERGENCE) == [diverged.run_id]
        assert found(parked=ParkReason.RUNAWAY) == []
        assert found(queue="gpu") == [working.run_id]
        assert found(queue="default") == []

    def test_a_worker_is_believed_until_the_moment_it_named(
        self, world: World, clock: ManualClock
    ) -> None:
        """Unless it says so again, or leaves."""
        ann, bob = _worker("ann"), _worker("bob", queues=("gpu", "é"))
        world.queue.enlist(bob)
        world.queue.enlist(ann)
        assert list(world.queue.workers()) == [ann, bob]
        assert [w.serves("gpu") for w in (ann, bob)] == [True, True]
        assert [w.serves("cpu") for w in (ann, bob)] == [True, False]

        clock.advance(timedelta(minutes=1))
        assert list(world.queue.workers()) == []
        again = _worker("ann", seen_until=s.START + timedelta(minutes=2))
        world.queue.enlist(again)
        assert list(world.queue.workers()) == [again]
        world.queue.leave("ann")
        world.queue.leave("nobody")
        assert list(world.queue.workers()) == []


_HOUR = timedelta(hours=1)
