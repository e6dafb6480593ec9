"""Claims: who gets which task, for how long, and what becomes of it afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from wfx.clock import from_us
from wfx.errors import LeaseLost
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import TaskKind

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.world import World


class Claims(Conformance):
    """Leases and fences."""

    def test_the_oldest_ready_tasks_are_claimed_first(
        self, world: World, clock: ManualClock
    ) -> None:
        """Up to the limit, each under number 1, with a lease by the world's clock."""
        runs = []
        for _ in range(4):
            runs.append(s.new_run(world, clock).run_id)
            clock.advance(s.SECOND)

        claimed = world.queue.claim("ann", limit=3, lease=timedelta(seconds=5))

        assert [task.task_id for task in claimed] == runs[:3]
        assert {(task.owner, task.fence, task.deaths) for task in claimed} == {("ann", 1, 0)}
        assert {task.lease_until for task in claimed} == {s.START + 9 * s.SECOND}
        assert [task.task_id for task in world.queue.claim("bob", limit=3)] == runs[3:]
        assert world.queue.claim("cid", limit=3) == []

    def test_what_is_claimed_is_what_get_shows(self, scene: s.Scene) -> None:
        """The claim returns the task as it is now."""
        assert scene.task() == scene.claim

    def test_several_tasks_are_got_at_once(self, scene: s.Scene) -> None:
        """By id; those that are not there are left out."""
        other = s.new_run(scene.world, scene.clock)

        found = scene.world.queue.get_many([scene.run_id, "step_none", other.run_id])
        assert found == {scene.run_id: scene.task(), other.run_id: other.task()}
        assert scene.world.queue.get_many([]) == {}

    def test_claims_can_be_narrowed(self, scene: s.Scene) -> None:
        """By kind, queue, name and run."""
        other = s.new_run(scene.world, scene.clock, "shop:refund")
        gpu, cpu = scene.ids("step", 2)
        scene.append(s.step_created(gpu, "shop:draw", "gpu"), s.step_created(cpu, "shop:add"))
        claim = scene.world.queue.claim

        assert claim("bob", queues=["tpu"]) == []
        assert claim("bob", names=["shop:pay"]) == []
        assert claim("bob", run_id="wrun_unknown") == []
        assert claim("bob", kinds=[TaskKind.RUN], run_id=scene.run_id) == []
        assert claim("bob", names=[]) == []
        assert claim("bob", limit=0) == []
        assert [t.task_id for t in claim("bob", limit=9, queues=["gpu"])] == [gpu]
        assert [t.task_id for t in claim("bob", limit=9, kinds=[TaskKind.STEP])] == [cpu]
        assert [t.task_id for t in claim("bob", limit=9, names=["shop:refund"])] == [other.run_id]

    def test_a_waiting_wait_is_no_work_for_workers(self, scene: s.Scene) -> None:
        """Waits are swept by `due`."""
        scene.append(s.wait_created(scene.id("wait"), s.START))

        assert scene.world.queue.claim("bob", limit=9) == []

    def test_a_held_task_is_claimed_by_nobody_else(self, scene: s.Scene) -> None:
        """Until the lease runs out, to the microsecond."""
        scene.clock.advance(s.LEASE - timedelta(microseconds=1))

        assert scene.world.queue.claim("bob") == []

    def test_an_expired_lease_is_ready_and_counts_a_death(self, scene: s.Scene) -> None:
        """The number grows, so that the former owner is shut out."""
        for death in (1, 2, 3):
            scene.clock.advance(s.LEASE)
            task = scene.claimed_by("bob")
            assert (task.fence, task.deaths, task.owner) == (1 + death, death, "bob")

    def test_an_append_of_its_owner_ends_a_row_of_deaths(self, scene: s.Scene) -> None:
        """Only deaths without anything between them count."""
        second = scene.taken_over()
        assert second.task().deaths == 1

        second.append(s.effect_recorded())

        assert second.task().deaths == 0
        assert second.task().hold == second.hold

    def test_a_foreign_fact_does_not_end_a_row_of_deaths(self, scene: s.Scene) -> None:
        """A payload says nothing about the owner."""
        scene.append(s.hook_created(scene.id("hook")))
        second = scene.taken_over()

        second.append(s.hook_received(scene.id("hook")), fence=[])

        assert second.task().deaths == 1

    def test_a_release_ends_a_row_of_deaths(self, scene: s.Scene) -> None:
        """The owner was alive to give it up."""
        second = scene.taken_over()

        second.world.queue.release(second.hold, read_through=1)

        assert scene.task().deaths == 0

    def test_many_claims_are_given_up_at_once(self, world: World, clock: ManualClock) -> None:
        """Each as `release` would; one that ended before is passed over."""
        calm, late, lost = (s.started_run(world, clock) for _ in range(3))
        fresh = s.new_run(world, clock)
        fresh.claim = fresh.claimed_by("ann")
        step_id, hold = calm.running_step()
        late.append(s.hook_created(late.id("hook")))
        read = late.end
        late.append(s.hook_received(late.id("hook")), fence=[])
        holds = {run.hold: run.end for run in (calm, fresh)}
        holds |= {late.hold: read, hold: -1, (lost.run_id, lost.hold[1] + 7): 1}

        world.queue.release_many(holds)
        world.queue.release_many(holds)

        assert calm.task().owner is None
        assert calm.task().ready_at is None
        assert late.task().ready_at == from_us(clock.now_us())
        assert fresh.task().ready_at == from_us(clock.now_us())
        assert calm.task(step_id).ready_at == from_us(clock.now_us())
        assert lost.task().owner == "ann"

    def test_extend_returns_what_is_still_held(self, scene: s.Scene) -> None:
        """Not the claims of others, not older numbers, not what is gone."""
        step_id, hold = scene.running_step(1)
        scene.clock.advance(10 * s.SECOND)
        stale: list[tuple[str, int]] = [(scene.run_id, 0), ("step_gone", 1)]

        held = scene.world.queue.extend("ann", [scene.hold, hold, *stale])

        assert held == {scene.hold, hold}
        until = s.START + 10 * s.SECOND + s.LEASE
        assert {scene.task().lease_until, scene.task(step_id).lease_until} == {until}
        assert scene.world.queue.extend("bob", [scene.hold]) == set()
        assert scene.world.queue.extend("ann", []) == set()

    def test_an_older_claim_of_the_same_owner_is_not_extended(self, scene: s.Scene) -> None:
        """It is another claim: whoever works under it does not hold the task."""
        former = scene.hold
        taken = scene.taken_over(by="ann").task()
        scene.clock.advance(s.SECOND)

        assert scene.world.queue.extend("ann", [former]) == set()

        assert scene.task() == taken

    def test_an_extended_lease_holds_longer(self, scene: s.Scene) -> None:
        """What is not named runs out."""
        scene.running_step(1)
        scene.clock.advance(10 * s.SECOND)
        scene.world.queue.extend("ann", [scene.hold])
        scene.clock.advance(10 * s.SECOND)

        claimed = scene.world.queue.claim("bob", limit=9)

        assert [task.kind for task in claimed] == [TaskKind.STEP]

    def test_a_claim_that_was_taken_over_cannot_be_extended(self, scene: s.Scene) -> None:
        """Its former owner learns it here."""
        scene.taken_over()

        assert scene.world.queue.extend("ann", [scene.hold]) == set()

    def test_a_released_run_sleeps(self, scene: s.Scene) -> None:
        """Nothing delivered lies past what its owner read."""
        scene.world.queue.release(scene.hold, read_through=1)

        task = scene.task()
        assert (task.owner, task.ready_at, task.lease_until) == (None, None, None)
        assert scene.world.queue.claim("bob") == []
        assert scene.world.queue.next_ready() is None

    def test_a_delivered_event_past_what_was_read_keeps_a_released_run_ready(
        self, scene: s.Scene
    ) -> None:
        """Else a wake-up is lost and the run sleeps for ever (PROTOCOL 14)."""
        scene.append(s.hook_created(scene.id("hook")))
        read = scene.end
        scene.append(s.hook_received(scene.id("hook")), fence=[])

        scene.world.queue.release(scene.hold, read_through=read)

        assert scene.claimed_by("bob").fence == 2

    def test_an_undelivered_event_past_what_was_read_keeps_nothing_ready(
        self, scene: s.Scene
    ) -> None:
        """A start of a step is nothing to go on with."""
        read = scene.end
        scene.running_step(1)

        scene.world.queue.release(scene.hold, read_through=read)

        assert scene.task().ready_at is None

    def test_a_released_run_that_nobody_started_stays_ready(
        self, world: World, clock: ManualClock
    ) -> None:
        """It waits for no delivery."""
        scene = s.new_run(world, clock)
        task = scene.claimed_by("ann")

        world.queue.release(task.hold, read_through=0)

        assert scene.claimed_by("bob").fence == 2

    def test_a_released_step_is_ready_at_once_or_at_its_time(self, scene: s.Scene) -> None:
        """Its next claim has the next number."""
        _, hold = scene.running_step(1)
        scene.world.queue.release(hold)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])
        assert (claim.fence, claim.deaths) == (2, 0)

        scene.world.queue.release(claim.hold, ready_at=s.START + 5 * s.SECOND)

        assert scene.world.queue.claim("bob", names=["shop:charge"]) == []
        assert scene.world.queue.next_ready() == s.START + 5 * s.SECOND
        scene.clock.advance(5 * s.SECOND)
        assert len(scene.world.queue.claim("bob", names=["shop:charge"])) == 1

    def test_a_retry_is_ready_at_its_time(self, scene: s.Scene) -> None:
        """And without one at once."""
        first, first_hold = scene.running_step(1)
        second, second_hold = scene.running_step(2)

        scene.append(s.step_retrying(first, s.START + 5 * s.SECOND), fence=[first_hold])
        scene.append(s.step_retrying(second), fence=[second_hold])

        (claim,) = scene.world.queue.claim("bob", limit=9)
        assert claim.task_id == second
        assert scene.task(first).ready_at == s.START + 5 * s.SECOND

    @pytest.mark.parametrize("number", [0, 2])
    def test_a_claim_that_ended_cannot_be_released(self, scene: s.Scene, number: int) -> None:
        """409: it is fenced like an append (PROTOCOL 5)."""
        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.world.queue.release((scene.run_id, number))

    def test_a_claim_is_released_once(self, scene: s.Scene) -> None:
        """409 the second time, and for a task that is gone."""
        scene.world.queue.release(scene.hold)

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.world.queue.release(scene.hold)
        with pytest.raises(LeaseLost):
            scene.world.queue.release(("step_gone", 1))

    def test_a_fact_from_elsewhere_wakes_a_sleeping_run(self, scene: s.Scene) -> None:
        """A payload, and the outcome of a step that another worker executed."""
        step_id, hold = scene.running_step(1)
        scene.append(s.hook_created(scene.id("hook", 2)))
        scene.world.queue.release(scene.hold, read_through=scene.end)

        scene.append(s.hook_received(scene.id("hook", 2)), fence=[])
        task = scene.claimed_by("bob")
        scene.world.queue.release(task.hold, read_through=scene.end)
        scene.append(s.step_completed(step_id), fence=[hold])

        assert scene.claimed_by("cid").fence == 3

    def test_more_facts_do_not_put_a_run_that_is_ready_behind_others(self, scene: s.Scene) -> None:
        """Its turn is that of the first, or a busy run would never have one."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))
        scene.world.queue.release(scene.hold, read_through=scene.end)

        for number in range(3):
            scene.append(s.hook_received(hook_id, number), fence=[])
            scene.clock.advance(s.SECOND)

        assert scene.task().ready_at == s.START

    def test_a_stale_claim_beside_a_fact_does_not_keep_the_run_asleep(self, scene: s.Scene) -> None:
        """The outcome's writer released the run before; it must be woken all the same."""
        step_id, hold = scene.running_step(1)
        scene.world.queue.release(scene.hold, read_through=scene.end)

        scene.append(s.step_completed(step_id), fence=[scene.hold, hold])

        assert scene.task().ready_at == s.START

    def test_an_owners_own_append_does_not_make_its_run_ready(self, scene: s.Scene) -> None:
        """It goes on by itself."""
        step_id, hold = scene.running_step(1)

        scene.append(s.step_completed(step_id), fence=[scene.hold, hold])

        assert scene.task().ready_at is None
        assert scene.task().owner == "ann"

    def test_a_fact_wakes_a_run_that_was_to_be_ready_later(self, scene: s.Scene) -> None:
        """It is ready now."""
        hook_id = scene.id("hook")
        scene.append(s.hook_created(hook_id))
        later = s.START + 60 * s.SECOND
        scene.world.queue.release(scene.hold, read_through=scene.end, ready_at=later)
        assert scene.task().ready_at == later

        scene.append(s.hook_received(hook_id), fence=[])

        assert scene.task().ready_at == s.START

    def test_starts_and_retries_wake_nobody(self, scene: s.Scene) -> None:
        """They are not delivered."""
        step_id = scene.pending_step(1)
        (claim,) = scene.world.queue.claim("bob", names=["shop:charge"])
        scene.world.queue.release(scene.hold, read_through=scene.end)

        scene.append(s.step_started(step_id), fence=[claim.hold])
        scene.append(s.step_retrying(step_id), fence=[claim.hold])

        assert scene.task().ready_at is None

    def test_next_ready_is_the_earliest_moment_of_what_nobody_holds(self, scene: s.Scene) -> None:
        """By kind and run; claimed tasks do not count."""
        scene.append(s.wait_created(scene.id("wait", 1), s.START + 60 * s.SECOND))
        step_id, hold = scene.running_step(2)
        queue = scene.world.queue
        assert queue.next_ready(run_id=scene.run_id) == s.START + 60 * s.SECOND

        scene.append(s.step_retrying(step_id, s.START + 30 * s.SECOND), fence=[hold])

        assert queue.next_ready() == s.START + 30 * s.SECOND
        assert queue.next_ready(kinds=[TaskKind.WAIT]) == s.START + 60 * s.SECOND
        assert queue.next_ready(kinds=[TaskKind.RUN]) is None
        assert queue.next_ready(run_id="wrun_unknown") is None

    def test_holders_are_the_owners_with_claims(self, scene: s.Scene) -> None:
        """And how many each has; by name."""
        scene.running_step(1)
        other = s.new_run(scene.world, scene.clock)
        other.claimed_by("aaron")

        assert list(scene.world.queue.holders().items()) == [("aaron", 1), ("ann", 2)]

    def test_revoking_a_dead_owner_frees_its_tasks_at_once(self, scene: s.Scene) -> None:
        """No lease is waited for; the deaths are counted; others keep theirs."""
        step_id, _ = scene.running_step(1)
        other = s.new_run(scene.world, scene.clock)
        other.claimed_by("bob")

        assert scene.world.queue.revoke("ann") == 2

        assert scene.world.queue.holders() == {"bob": 1}
        claimed = scene.world.queue.claim("bob", limit=9)
        assert {task.task_id for task in claimed} == {scene.run_id, step_id}
        assert {(task.fence, task.deaths) for task in claimed} == {(2, 1)}
        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(s.effect_recorded())
        assert scene.world.queue.revoke("nobody") == 0

    def test_a_revoked_owner_cannot_write_any_more(self, scene: s.Scene) -> None:
        """Also before somebody else claimed."""
        scene.world.queue.revoke("ann")

        with s.refused(scene.world, scene.run_id, LeaseLost, 409):
            scene.append(s.effect_recorded())

    def test_revoking_deletes_the_abandoned(self, scene: s.Scene) -> None:
        """Nobody is left who could bring the outcome."""
        step_id, _ = scene.running_step(1)
        scene.append(s.step_cancelled(step_id))

        scene.world.queue.revoke("ann")

        assert scene.world.queue.get(step_id) is None

    def test_a_watch_wakes_when_an_owner_is_revoked(self, scene: s.Scene) -> None:
        """Also when it had only what is abandoned: in a queue with limits there is room now."""
        step_id, _ = scene.running_step(1)
        scene.append(s.step_cancelled(step_id))
        scene.world.queue.release(scene.hold, read_through=scene.end)
        watch = scene.world.watch()
        try:
            assert scene.world.queue.revoke("ann") == 1
            assert watch.wait(10)
        finally:
            watch.close()

    def test_tasks_are_listed_ready_ones_first(self, scene: s.Scene) -> None:
        """Of a run and a kind."""
        scene.append(s.wait_created(scene.id("wait", 1)))
        step_id = scene.pending_step(2)
        queue = scene.world.queue

        tasks = queue.list(run_id=scene.run_id)

        assert [task.kind for task in tasks] == ["step", "wait", "run"]
        assert [task.task_id for task in queue.list(kind=TaskKind.STEP)] == [step_id]
        assert len(queue.list(run_id=scene.run_id, limit=2)) == 2
        assert queue.list(run_id="wrun_unknown") == []

    def test_the_world_tells_its_time(self, scene: s.Scene) -> None:
        """By the clock it was given."""
        scene.clock.advance(s.SECOND)

        assert scene.world.queue.now() == s.START + s.SECOND
