"""Retention: runs that are over are deleted with all they own, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from wfx.errors import NotFound, RunGone
from wfx.frozen import replace
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.archives import LONG_AGO, RECORDS, finished, long_log, unfinished
from wfx.testing.world_conformance.base import Conformance
from wfx.world import Extent, Kept, ParkReason, RunQuery, StreamChunk, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from wfx.clock import ManualClock

LATER = s.START + timedelta(days=1)


def ended(world: World, clock: ManualClock, name: str = "shop:checkout") -> s.Scene:
    """A run with all that a run may own, that has completed."""
    scene = s.started_run(world, clock, name)
    step, hook, wait = scene.id("step"), scene.id("hook"), scene.id("wait")
    scene.append(
        s.effect_recorded(),
        *(s.step_created(step), s.step_started(step), s.wait_created(wait)),
        s.hook_created(hook, f"token of {scene.run_id}"),
    )
    world.streams.write(scene.run_id, "out", b"text", step_id=step, attempt=1)
    world.streams.close(scene.run_id, "out")
    scene.append(s.step_completed(step), fence=[(step, 1)])
    scene.append(s.hook_received(hook), fence=[])
    scene.append(s.run_completed())
    return scene


def shown(world: World, run_id: str) -> tuple[Any, ...]:
    """All that a world has of a run, with its streams and what is kept beside it."""
    streams = world.streams.list(run_id)
    return (
        *s.everything(world, run_id),
        [*world.events.lines(run_id)],
        [world.streams.read(run_id, info.stream) for info in streams],
        world.archive.read(run_id),
    )


class Retention(Conformance):
    """`retention.delete` and what stands beside it."""

    def test_a_deleted_run_is_nowhere(self, world: World, clock: ManualClock) -> None:
        """404 for everything that was of it, and no listing has it."""
        scene = ended(world, clock)
        run_id = scene.run_id
        ids = {kind: scene.id(kind) for kind in ("step", "hook", "wait")}

        assert world.retention.delete([run_id], ended_before=LATER) == {run_id: None}

        while world.retention.clear():
            pass
        asked: list[Callable[[], object]] = [
            lambda: world.events.list(run_id),
            lambda: list(world.events.stream(run_id)),
            lambda: list(world.events.lines(run_id)),
            lambda: world.events.list_by_correlation_id(run_id, ids["step"]),
            lambda: world.runs.get(run_id),
            lambda: world.runs.get(run_id, "none"),
            lambda: world.steps.get(run_id, ids["step"]),
            lambda: world.steps.list(run_id),
            lambda: world.steps.get_many(run_id, [ids["step"]]),
            lambda: world.hooks.get(ids["hook"]),
            lambda: world.hooks.get_by_token(f"token of {run_id}"),
            lambda: world.waits.get(run_id, ids["wait"]),
            lambda: world.waits.list(run_id),
            lambda: world.streams.read(run_id, "out"),
            lambda: world.streams.list(run_id),
            lambda: world.streams.write(run_id, "out", b"more"),
            lambda: world.archive.read(run_id),
            lambda: list(world.archive.records(run_id)),
            lambda: world.archive.certificate(run_id),
            lambda: scene.append(s.run_cancelled(), fence=[]),
        ]
        for ask in asked:
            with pytest.raises(NotFound):
                ask()
        assert world.events.heads([run_id]) == {}
        assert world.archive.several([run_id]) == []
        assert world.runs.list().items == []
        assert world.hooks.list().items == []
        assert world.queue.list() == []
        assert world.retention.extents([run_id]) == {}

    def test_other_runs_stay_as_they_are(self, world: World, clock: ManualClock) -> None:
        """Those beside it, of the same workflow and at the same time, open and ended."""
        before, open_run = ended(world, clock), s.started_run(world, clock)
        open_run.running_step()
        gone, after = ended(world, clock), ended(world, clock)
        others = [before.run_id, open_run.run_id, after.run_id]
        were = {run_id: shown(world, run_id) for run_id in others}

        world.retention.delete([gone.run_id], ended_before=LATER)

        assert {run_id: shown(world, run_id) for run_id in others} == were
        assert sorted(run.run_id for run in world.runs.list().items) == sorted(others)

    def test_an_open_run_is_kept(self, scene: s.Scene) -> None:
        """However old it is, and parked too."""
        unstarted = s.new_run(scene.world, scene.clock)
        parked = s.started_run(scene.world, scene.clock)
        scene.world.queue.park(parked.hold, ParkReason.HELD, {"message": "wait"})
        ids = [scene.run_id, unstarted.run_id, parked.run_id]
        were = [shown(scene.world, run_id) for run_id in ids]

        verdicts = scene.world.retention.delete(ids, ended_before=LATER)

        assert verdicts == dict.fromkeys(ids, Kept.OPEN)
        assert [shown(scene.world, run_id) for run_id in ids] == were

    def test_a_run_is_as_old_as_its_end(self, world: World, clock: ManualClock) -> None:
        """Not as its beginning; and one that ended at the moment itself is kept."""
        scene = s.started_run(world, clock)
        clock.advance(timedelta(days=40))
        scene = scene.taken_over()
        end = world.queue.now()
        scene.append(s.run_completed())
        run_id = scene.run_id

        assert world.retention.delete([run_id], ended_before=end) == {run_id: Kept.RECENT}
        later = end + timedelta(microseconds=1)
        assert world.retention.delete([run_id], ended_before=later) == {run_id: None}

    @pytest.mark.parametrize("end", [s.run_completed, s.run_failed, s.run_cancelled])
    def test_every_end_is_an_end(self, scene: s.Scene, end: Callable[[], Any]) -> None:
        """Completed, failed and cancelled runs alike."""
        scene.append(end())
        deleted = scene.world.retention.delete([scene.run_id], ended_before=LATER)
        assert deleted == {scene.run_id: None}

    def test_a_run_with_a_running_step_is_kept(self, scene: s.Scene) -> None:
        """Its late outcome is a fact of the log; after that it may go."""
        step_id, hold = scene.running_step()
        scene.append(s.run_cancelled())
        run_id, retention = scene.run_id, scene.world.retention

        assert retention.delete([run_id], ended_before=LATER) == {run_id: Kept.RUNNING_STEP}
        scene.append(s.step_completed(step_id), fence=[hold])
        assert scene.types()[-2:] == ["run_cancelled", "step_completed"]
        assert retention.delete([run_id], ended_before=LATER) == {run_id: None}

    def test_a_step_whose_lease_ran_out_keeps_nothing(self, scene: s.Scene) -> None:
        """Its worker is gone; the row that waited for it goes with the run."""
        _, hold = scene.running_step()
        scene.append(s.run_cancelled())
        scene.clock.advance(s.LEASE + s.SECOND)

        deleted = scene.world.retention.delete([scene.run_id], ended_before=LATER)

        assert deleted == {scene.run_id: None}
        assert scene.world.queue.list() == []
        assert scene.world.queue.extend("ann", [hold]) == set()
        with pytest.raises(NotFound):
            scene.append(s.step_completed(hold[0]), fence=[hold])

    def test_a_migrated_run_is_kept_with_its_originals(self, world: World) -> None:
        """Unless they are named: they cannot be made again from anything else."""
        run_id = new_id("wrun")
        world.archive.write(run_id, finished(run_id), RECORDS, {"proof": 1})
        was = shown(world, run_id)

        kept = world.retention.delete([run_id], ended_before=LATER)
        assert kept == {run_id: Kept.ORIGINALS}
        assert shown(world, run_id) == was
        gone = world.retention.delete([run_id], ended_before=LATER, originals=True)
        assert gone == {run_id: None}
        with pytest.raises(NotFound):
            world.archive.read(run_id)

    def test_what_is_in_quarantine_is_no_run(self, world: World) -> None:
        """It is left alone."""
        world.archive.quarantine("wrun_damaged", RECORDS, {"reasons": ["no"]})

        assert world.retention.delete(["wrun_damaged"], ended_before=LATER, originals=True) == {}
        assert world.archive.read("wrun_damaged").source_records == RECORDS

    def test_an_id_can_be_used_again(self, world: World, clock: ManualClock) -> None:
        """By a run with nothing of the old one; a second deletion does not take that."""
        run_id = "order-7"
        world.events.create(run_id, s.run_created(input=["old"]))
        world.events.create(run_id, s.run_cancelled())
        world.retention.delete([run_id], ended_before=LATER)

        again = s.run_created(input=["new"])
        world.events.create(run_id, again)

        assert world.runs.get(run_id).input == ["new"]
        assert [event.event_id for event in world.events.list(run_id)] == [again.event_id]
        assert world.retention.delete([run_id], ended_before=LATER) == {run_id: Kept.OPEN}

    def test_a_large_run_is_gone_at_once(self, world: World) -> None:
        """Though its rows may go piece by piece, and though its id is used again before that."""
        gone, again = new_id("wrun"), new_id("wrun")
        for run_id in (gone, again):
            chunks = [StreamChunk(run_id, "out", n, b"x") for n in range(6_000)]
            events = [*long_log(run_id)]
            end = s.events_of(run_id, s.run_completed(), at=LONG_AGO)[0]
            end = type(end)(end.event_id, run_id, len(events), end.created_at, end.data)
            world.archive.write(run_id, [*events, end], chunks=chunks)

        world.retention.delete([gone, again], ended_before=LATER)

        with pytest.raises(NotFound):
            world.streams.read(gone, "out")
        with pytest.raises(NotFound):
            world.streams.read(again, "out")
        world.events.create(again, s.run_created())
        assert world.streams.list(again) == []
        while world.retention.clear():
            pass
        assert len(world.events.list(again)) == 1

    def test_a_brought_in_run_can_come_back(self, world: World) -> None:
        """As an import of its recording does."""
        run_id = new_id("wrun")
        world.archive.write(run_id, finished(run_id))
        was = shown(world, run_id)
        world.retention.delete([run_id], ended_before=LATER)

        world.archive.write(run_id, finished(run_id))

        assert len(shown(world, run_id)[0]) == len(was[0])
        assert world.runs.get(run_id).status == "completed"

    def test_copies_of_a_log_are_runs_of_their_own(self, world: World) -> None:
        """Events of two runs may have the same ids; each run is deleted by itself."""
        first, second = new_id("wrun"), new_id("wrun")
        log = s.events_of(first, s.run_created(), s.run_started(), s.run_completed(), at=LONG_AGO)
        copy = [replace(event, run_id=second) for event in log]
        world.archive.write(first, log)
        world.archive.write(second, copy)

        assert world.retention.delete([second], ended_before=LATER) == {second: None}
        assert world.events.list(first) == log
        world.archive.write(second, copy)
        assert world.retention.delete([first], ended_before=LATER) == {first: None}
        assert world.events.list(second) == copy
        assert world.retention.delete([second], ended_before=LATER) == {second: None}

    def test_a_token_is_free_and_forgotten(self, world: World, clock: ManualClock) -> None:
        """404 where it was 410, or 410 naming the run that had it before."""
        first, second = s.started_run(world, clock), s.started_run(world, clock)
        for scene in (first, second):
            scene.append(s.hook_created(scene.id("hook"), "approve"))
            scene.append(s.run_completed())
            clock.advance(s.SECOND)

        assert world.hooks.get_by_token("approve").run_id == second.run_id
        world.retention.delete([second.run_id], ended_before=LATER)
        assert world.hooks.get_by_token("approve").run_id == first.run_id
        with pytest.raises(RunGone):
            first.append(s.hook_received(first.id("hook")), fence=[])
        world.retention.delete([first.run_id], ended_before=LATER)
        with pytest.raises(NotFound):
            world.hooks.get_by_token("approve")

    def test_judging_changes_nothing(self, world: World, clock: ManualClock) -> None:
        """It tells what a deletion would do, of many runs at once."""
        over, open_run, unknown = ended(world, clock), s.new_run(world, clock), new_id("wrun")
        brought = new_id("wrun")
        world.archive.write(brought, unfinished(brought), RECORDS)
        ids = [over.run_id, open_run.run_id, unknown, brought]
        were = [shown(world, run_id) for run_id in ids if run_id != unknown]

        verdicts = world.retention.judge(ids, ended_before=LATER)

        wanted = {over.run_id: None, open_run.run_id: Kept.OPEN, brought: Kept.OPEN}
        assert verdicts == wanted
        assert [shown(world, run_id) for run_id in ids if run_id != unknown] == were
        assert world.retention.delete(ids, ended_before=LATER) == wanted

    def test_the_extent_of_a_run(self, world: World, clock: ManualClock) -> None:
        """Each kind of thing is counted; unknown runs are left out."""
        over = ended(world, clock)
        brought = new_id("wrun")
        world.archive.write(brought, finished(brought), RECORDS)

        found = world.retention.extents([over.run_id, brought, "wrun_unknown"])

        assert found.keys() == {over.run_id, brought}
        extent = found[over.run_id]
        chunks = len(world.streams.read(over.run_id, "out")[0])
        assert chunks <= extent.chunks <= chunks + 1  # the end of a stream may be one
        counted = (extent.events, extent.steps, extent.hooks, extent.waits, extent.records)
        assert counted == (len(over.log()), 1, 1, 1, 0)
        assert found[brought].records == len(RECORDS)
        assert all(each.bytes > 0 for each in found.values())
        assert Extent(events=1, bytes=2) + Extent(events=3) == Extent(events=4, bytes=2)

    def test_pages_go_on_where_runs_were_deleted(self, world: World, clock: ManualClock) -> None:
        """A cursor holds though the run it came from is gone."""
        scenes = []
        for _ in range(6):
            scenes.append(ended(world, clock))
            clock.advance(s.SECOND)
        ids = [scene.run_id for scene in scenes]
        page = world.runs.find(RunQuery(order="asc", limit=2))
        hooks = world.hooks.list(limit=2)

        world.retention.delete(ids[:3], ended_before=LATER)

        rest = world.runs.find(RunQuery(order="asc", limit=9, cursor=page.cursor))
        assert [run.run_id for run in rest.items] == ids[3:]
        more = world.hooks.list(limit=9, cursor=hooks.cursor)
        assert [hook.run_id for hook in more.items] == ids[3:]

    def test_two_deletions_at_once(self, world: World, second: World, clock: ManualClock) -> None:
        """Each run is deleted by one of them."""
        ids = [ended(world, clock).run_id for _ in range(4)]

        first_half = world.retention.delete(ids[:3], ended_before=LATER)
        rest = second.retention.delete(ids, ended_before=LATER)

        assert first_half == dict.fromkeys(ids[:3])
        assert rest == {ids[3]: None}
