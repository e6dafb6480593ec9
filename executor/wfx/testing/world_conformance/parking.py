"""Parking: a task that cannot go on by itself waits for other code or a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wfx.errors import LeaseLost, NotFound
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import CODE_REASONS, ParkReason

if TYPE_CHECKING:
    from wfx.values import Json

REPORT: dict[str, Json] = {"message": "it diverged", "position": 4}


class Parking(Conformance):
    """Parked tasks and who may try them."""

    def test_a_parked_task_keeps_its_reason_and_report(self, scene: s.Scene) -> None:
        """Its claim has ended; it is listed as parked, and so is its run."""
        scene.world.queue.park(scene.hold, ParkReason.RUNAWAY, REPORT, "d1")

        task = scene.task()
        assert (task.parked, task.parked_detail) == (ParkReason.RUNAWAY, REPORT)
        assert (task.parked_digests, task.owner) == (("d1",), None)
        assert [t.task_id for t in scene.world.queue.list(parked=True)] == [scene.run_id]
        assert scene.world.queue.list(parked=False) == []
        assert [r.run_id for r in scene.world.runs.list(parked=True).items] == [scene.run_id]
        assert scene.world.runs.list(parked=False).items == []

    def test_a_parked_task_is_claimed_by_nobody(self, scene: s.Scene) -> None:
        """Not after the lease either, and it is not waited for."""
        scene.world.queue.park(scene.hold, ParkReason.HELD, REPORT)
        scene.clock.advance(2 * s.LEASE)

        assert scene.world.queue.claim("bob", digest="d2") == []
        assert scene.world.queue.next_ready() is None

    @pytest.mark.parametrize("reason", list(ParkReason))
    def test_other_code_may_try_what_was_parked_for_the_code(
        self, scene: s.Scene, reason: ParkReason
    ) -> None:
        """A program with another digest may; the same, and one that names none, may not."""
        scene.world.queue.park(scene.hold, reason, REPORT, "d1")
        claim = scene.world.queue.claim

        assert claim("bob", digest="d1") == []
        assert claim("bob") == []
        assert len(claim("bob", digest="d2")) == (1 if reason in CODE_REASONS else 0)

    def test_a_claim_of_other_code_ends_the_parking(self, scene: s.Scene) -> None:
        """It keeps who could not go on, and adds to it when it cannot either."""
        scene.world.queue.park(scene.hold, ParkReason.DIVERGENCE, REPORT, "d1")
        (claim,) = scene.world.queue.claim("bob", digest="d2")
        assert (claim.parked, claim.parked_detail) == (None, None)
        assert claim.parked_digests == ("d1",)

        scene.world.queue.park(claim.hold, ParkReason.DIVERGENCE, REPORT, "d2")

        assert scene.task().parked_digests == ("d1", "d2")
        for digest in ("d1", "d2"):
            assert scene.world.queue.claim("bob", digest=digest) == []
        assert len(scene.world.queue.claim("bob", digest="d3")) == 1

    def test_parking_twice_by_one_program_names_it_once(self, scene: s.Scene) -> None:
        """The digests are a set in the order they came."""
        queue = scene.world.queue
        queue.park(scene.hold, ParkReason.VIOLATION, REPORT, "d1")
        (claim,) = queue.claim("bob", digest="d2")
        queue.release(claim.hold)
        (claim,) = queue.claim("ann", digest="d1")

        queue.park(claim.hold, ParkReason.VIOLATION, REPORT, "d1")

        assert scene.task().parked_digests == ("d1",)

    def test_an_unparked_task_is_ready_for_everybody(self, scene: s.Scene) -> None:
        """Nothing of the parking is left."""
        second = scene.taken_over()
        second.world.queue.park(second.hold, ParkReason.DIVERGENCE, REPORT, "d1")

        assert scene.world.queue.unpark(scene.run_id) is True

        task = scene.claimed_by("cid")
        assert (task.parked, task.parked_detail, task.parked_digests) == (None, None, ())
        assert task.deaths == 0

    def test_a_task_that_is_not_parked_is_left_as_it_is(self, scene: s.Scene) -> None:
        """`unpark` says so; an unknown task is 404."""
        assert scene.world.queue.unpark(scene.run_id) is False

        assert scene.task() == scene.claim
        with pytest.raises(NotFound):
            scene.world.queue.unpark("wrun_unknown")

    def test_a_claim_that_ended_cannot_park(self, scene: s.Scene) -> None:
        """409: it is fenced like an append (PROTOCOL 5)."""
        scene.taken_over()

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.world.queue.park(scene.hold, ParkReason.RUNAWAY, REPORT)

    def test_a_fact_does_not_wake_a_parked_run(self, scene: s.Scene) -> None:
        """The fact is kept, the run stays parked."""
        scene.append(s.hook_created(scene.id("hook")))
        scene.world.queue.park(scene.hold, ParkReason.RUNAWAY, REPORT)

        scene.append(s.hook_received(scene.id("hook")), fence=[])

        assert scene.types()[-1] == "hook_received"
        assert scene.task().parked is ParkReason.RUNAWAY
        assert scene.world.queue.claim("bob") == []

    def test_a_parked_run_can_be_cancelled(self, scene: s.Scene) -> None:
        """Its task goes with it."""
        scene.world.queue.park(scene.hold, ParkReason.RUNAWAY, REPORT)

        scene.append(s.run_cancelled(), fence=[])

        assert scene.world.queue.get(scene.run_id) is None
        assert scene.world.runs.list(parked=True).items == []
