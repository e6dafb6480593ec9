"""Waits: completed by the world's clock, in order, many at once (PROTOCOL 19)."""

from __future__ import annotations

from datetime import timedelta

from wfx.errors import LeaseLost
from wfx.events import NewEvent, WaitCompleted
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance


class Waits(Conformance):
    """`queue.due` completes what has come."""

    def test_a_wait_is_not_due_before_its_moment(self, scene: s.Scene) -> None:
        """Nothing is appended; `next_ready` tells when to come back."""
        scene.append(s.wait_created(scene.id("wait"), s.START + 60 * s.SECOND))
        scene.clock.advance(60 * s.SECOND - timedelta(microseconds=1))

        assert scene.world.queue.due() == 0
        assert scene.world.queue.next_ready(run_id=scene.run_id) == s.START + 60 * s.SECOND
        assert scene.types()[-1] == "wait_created"

    def test_a_wait_completes_when_its_moment_has_come(self, scene: s.Scene) -> None:
        """To the microsecond; the entity is completed and its task gone."""
        wait_id = scene.id("wait")
        scene.append(s.wait_created(wait_id, s.START + 60 * s.SECOND))
        scene.clock.advance(60 * s.SECOND)

        assert scene.world.queue.due() == 1

        assert scene.types()[-1] == "wait_completed"
        wait = scene.world.waits.get(scene.run_id, wait_id)
        assert (wait.status, wait.completed_at) == ("completed", s.START + 60 * s.SECOND)
        assert (wait.delay, wait.resume_at) == (60_000_000, s.START + 60 * s.SECOND)
        assert scene.world.queue.get(wait_id) is None
        assert scene.world.queue.due() == 0

    def test_waits_complete_in_the_order_of_their_moments_then_of_their_positions(
        self, scene: s.Scene
    ) -> None:
        """Timers never fire out of order, however late they are swept."""
        ids = scene.ids("wait", 6)
        seconds = [5, 3, 5, 1, 3, 1]
        scene.append(
            *(
                s.wait_created(id, s.START + n * s.SECOND)
                for id, n in zip(ids, seconds, strict=True)
            )
        )
        scene.clock.advance(10 * s.SECOND)

        assert scene.world.queue.due() == 6

        completed = [event.correlation_id for event in scene.log()[8:]]
        assert completed == [ids[place] for place in (3, 5, 1, 4, 0, 2)]

    def test_a_limit_takes_the_earliest(self, scene: s.Scene) -> None:
        """What is left comes with the next sweep."""
        ids = scene.ids("wait", 4)
        scene.append(
            *(s.wait_created(id, s.START + (9 - n) * s.SECOND) for n, id in enumerate(ids))
        )
        scene.clock.advance(10 * s.SECOND)

        assert [scene.world.queue.due(3), scene.world.queue.due(3)] == [3, 1]

        assert [event.correlation_id for event in scene.log()[6:]] == ids[::-1]

    def test_a_sweep_of_one_run_leaves_others_alone(self, scene: s.Scene) -> None:
        """`due(run_id=…)`."""
        other = s.started_run(scene.world, scene.clock)
        scene.append(s.wait_created(scene.id("wait"), s.START))
        other.append(s.wait_created(other.id("wait"), s.START))

        assert scene.world.queue.due(run_id=other.run_id) == 1

        assert other.types()[-1] == "wait_completed"
        assert scene.types()[-1] == "wait_created"

    def test_a_sleeping_run_is_ready_when_its_wait_completed(self, scene: s.Scene) -> None:
        """It was released; now a worker may claim it."""
        scene.append(s.wait_created(scene.id("wait"), s.START + 60 * s.SECOND))
        scene.world.queue.release(scene.hold, read_through=scene.end)
        assert scene.world.queue.claim("bob") == []
        scene.clock.advance(60 * s.SECOND)

        scene.world.queue.due()

        (task,) = scene.world.queue.claim("bob")
        assert task.task_id == scene.run_id

    def test_ten_thousand_waits_complete_in_one_sweep(self, scene: s.Scene) -> None:
        """One call, dense positions, in order."""
        ids = scene.ids("wait", 10_000)
        scene.append(
            *(
                s.wait_created(id, s.START + timedelta(microseconds=place))
                for place, id in enumerate(ids)
            )
        )
        scene.clock.advance(s.SECOND)

        assert scene.world.queue.due() == 10_000

        log = scene.world.events.list(scene.run_id, 10_002)
        assert [event.correlation_id for event in log] == ids
        assert [event.position for event in log] == list(range(10_002, 20_002))

    def test_waits_of_many_runs_complete_in_one_sweep(self, scene: s.Scene) -> None:
        """Each in its own log."""
        runs = [s.started_run(scene.world, scene.clock) for _ in range(20)]
        for run in runs:
            run.append(*(s.wait_created(id, s.START) for id in run.ids("wait", 3)))

        assert scene.world.queue.due() == 60

        assert all(run.types()[-3:] == ["wait_completed"] * 3 for run in runs)

    def test_a_cancelled_wait_never_completes(self, scene: s.Scene) -> None:
        """Its task is gone."""
        wait_id = scene.id("wait")
        scene.append(s.wait_created(wait_id, s.START))
        scene.append(s.wait_cancelled(wait_id))

        assert scene.world.queue.due() == 0
        assert scene.world.waits.get(scene.run_id, wait_id).status == "cancelled"

    def test_a_completed_wait_is_not_completed_again(self, scene: s.Scene) -> None:
        """409: only the world completes waits, whatever became of them."""
        wait_id = scene.id("wait")
        scene.append(s.wait_created(wait_id, s.START))
        scene.world.queue.due()

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(NewEvent(WaitCompleted(), wait_id))

    def test_waits_are_listed_by_moment_then_creation(self, scene: s.Scene) -> None:
        """Page by page, and by status."""
        ids = scene.ids("wait", 5)
        seconds = [2, 1, 2, 1, 3]
        scene.append(
            *(
                s.wait_created(id, s.START + n * s.SECOND)
                for id, n in zip(ids, seconds, strict=True)
            )
        )
        waits = scene.world.waits

        first = waits.list(scene.run_id, limit=2)
        second = waits.list(scene.run_id, limit=2, cursor=first.cursor)
        third = waits.list(scene.run_id, limit=2, cursor=second.cursor)

        listed = [wait.wait_id for page in (first, second, third) for wait in page.items]
        assert listed == [ids[place] for place in (1, 3, 0, 2, 4)]
        assert third.cursor is None
        scene.append(s.wait_cancelled(ids[1]))
        waiting = waits.list(scene.run_id, status=waits.get(scene.run_id, ids[0]).status)
        assert [wait.wait_id for wait in waiting.items] == [ids[place] for place in (3, 0, 2, 4)]
