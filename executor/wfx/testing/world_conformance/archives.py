"""The archive: runs brought in whole, with ids and times kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wfx.errors import (
    AlreadyExists,
    CorruptLog,
    EntityGone,
    IdTaken,
    IllegalEvent,
    NotFound,
    RunGone,
)
from wfx.events import NewEvent, WaitCompleted
from wfx.ids import new_id
from wfx.projection import fold
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.world import (
    Archive,
    Brought,
    Incoming,
    ParkReason,
    Quarantined,
    SourceRecord,
    StreamChunk,
    StreamInfo,
)

if TYPE_CHECKING:
    from wfx.events import Event
    from wfx.values import Json
    from wfx.world import World

LONG_AGO = s.START.replace(year=2024)
RECORDS = [SourceRecord("runs/a.json", b"{}\r\n\x00"), SourceRecord("steps/b.json", b"")]


def finished(run_id: str) -> list[Event]:
    """The log of a run that completed long ago."""
    step, wait, hook = f"step_{run_id}", f"wait_{run_id}", f"hook_{run_id}"
    return s.events_of(
        run_id,
        s.run_created(),
        s.run_started(),
        s.step_created(step),
        s.step_started(step),
        s.wait_created(wait, LONG_AGO),
        s.hook_created(hook, f"token of {run_id}"),
        s.step_completed(step),
        NewEvent(WaitCompleted(), wait),
        s.run_completed(),
        at=LONG_AGO,
    )


def unfinished(run_id: str) -> list[Event]:
    """The log of a run with an open step, an open wait and an open hook."""
    step, done, wait, hook = f"step_{run_id}", f"step_2{run_id}", f"wait_{run_id}", f"hook_{run_id}"
    return s.events_of(
        run_id,
        s.run_created(),
        s.run_started(),
        s.step_created(step),
        s.step_started(step),
        s.step_created(done),
        s.step_started(done),
        s.step_completed(done),
        s.wait_created(wait, s.START + s.SECOND),
        s.hook_created(hook, f"token of {run_id}"),
        at=LONG_AGO,
    )


def long_log(run_id: str) -> list[Event]:
    """A log of thousands of events, whose last ones are about what ended at its beginning."""

    def many(number: int) -> list[NewEvent]:
        step, wait, hook = (f"{kind}_{number}{run_id}" for kind in ("step", "wait", "hook"))
        about_hook = [s.hook_created(hook, "again"), s.hook_disposed(hook)]
        return [
            *(s.step_created(step), s.step_started(step)),
            s.step_completed(step) if number else s.step_cancelled(step),
            *(s.wait_created(wait, LONG_AGO), NewEvent(WaitCompleted(), wait)),
            *(about_hook if number % 50 == 0 else ()),
        ]

    late = [s.step_completed(f"step_0{run_id}"), s.step_created(f"step_{run_id}")]
    events = [event for number in range(450) for event in many(number)]
    return s.events_of(
        run_id,
        *(s.run_created(), s.run_started(), *events, *late),
        s.hook_created(f"hook_{run_id}", "again"),
        at=LONG_AGO,
    )


def migrated(run_id: str) -> list[Event]:
    """The log of an open run that an old program began, one of its names bound."""
    legacy: Json = {"format": "v1", "names": {"old//pay": "shop:pay"}}
    return s.events_of(
        run_id,
        s.run_created("old//checkout", execution_context={"by": "v1", "legacy": legacy}),
        s.run_started(),
        s.step_created(f"step_{run_id}", "old//charge"),
        s.step_created(f"step_2{run_id}", "old//pay"),
        at=LONG_AGO,
    )


class Archives(Conformance):
    """`archive.write` and `archive.read`."""

    def test_a_run_is_brought_in_whole(self, world: World) -> None:
        """Log, times and entities as they were; nothing is left to do."""
        run_id = new_id("wrun")
        events = finished(run_id)

        world.archive.write(run_id, events)

        assert world.events.list(run_id) == events
        run = world.runs.get(run_id)
        assert (run.status, run.created_at) == ("completed", LONG_AGO)
        assert run.completed_at == LONG_AGO + 8 * s.SECOND
        assert world.steps.get(run_id, f"step_{run_id}").status == "completed"
        assert world.waits.get(run_id, f"wait_{run_id}").status == "completed"
        assert world.hooks.get_by_token(f"token of {run_id}").status == "disposed"
        assert world.queue.list(run_id=run_id) == []
        head = world.events.heads([run_id])[run_id]
        assert (head.next_position, head.last_command, head.last_delivered) == (9, 8, 7)

    def test_source_records_and_certificate_are_kept(self, world: World) -> None:
        """Byte for byte, in their order."""
        run_id = new_id("wrun")

        world.archive.write(run_id, finished(run_id), RECORDS, {"hash": "abc"})

        assert world.archive.read(run_id) == Archive(RECORDS, {"hash": "abc"})

    def test_a_native_run_has_an_empty_archive(self, scene: s.Scene) -> None:
        """And an unknown run has none: 404."""
        assert scene.world.archive.read(scene.run_id) == Archive()
        with pytest.raises(NotFound):
            scene.world.archive.read("wrun_unknown")

    def test_the_same_log_is_accepted_again(self, world: World) -> None:
        """Starting again is safe, and nothing changes."""
        run_id = new_id("wrun")
        world.archive.write(run_id, finished(run_id), RECORDS)
        before = s.everything(world, run_id)

        world.archive.write(run_id, world.events.list(run_id), RECORDS)

        assert s.everything(world, run_id) == before
        assert world.archive.read(run_id).source_records == RECORDS

    def test_another_log_of_the_same_run_is_refused(self, world: World) -> None:
        """409: with another event, and with fewer or more of them."""
        run_id = new_id("wrun")
        world.archive.write(run_id, unfinished(run_id))
        stored = world.events.list(run_id)
        other = [*stored[:-1], replace(stored[-1], event_id=new_id("evnt"))]

        for log in (other, stored[:-1], finished(run_id)):
            with s.refused(world, run_id, AlreadyExists, 409):
                world.archive.write(run_id, log)

    @pytest.mark.parametrize("fault", ["gap", "other run", "empty", "doubled"])
    def test_a_corrupt_log_is_refused(self, world: World, fault: str) -> None:
        """Nothing of the run is written."""
        run_id = new_id("wrun")
        log = finished(run_id)
        damaged = {
            "gap": log[:3] + log[4:],
            "other run": [*log[:-1], replace(log[-1], run_id=new_id("wrun"))],
            "empty": [],
            "doubled": [*log, log[-1]],
        }[fault]

        with pytest.raises(CorruptLog):
            world.archive.write(run_id, damaged, RECORDS)
        self._untouched(world, run_id)

    def test_an_illegal_log_is_refused(self, world: World) -> None:
        """The transition table holds for archives too."""
        run_id = new_id("wrun")
        log = s.events_of(run_id, s.run_created(), s.run_started(), s.step_completed("step_1"))

        with pytest.raises(IllegalEvent):
            world.archive.write(run_id, log)
        self._untouched(world, run_id)

    def test_the_log_of_another_run_is_refused(self, world: World) -> None:
        """The id must be that of the events."""
        run_id = new_id("wrun")

        with pytest.raises(CorruptLog):
            world.archive.write(run_id, finished(new_id("wrun")))
        self._untouched(world, run_id)

    def test_an_open_run_gets_its_tasks(self, world: World) -> None:
        """The run and its open step are ready, its open wait at its moment."""
        run_id = new_id("wrun")

        world.archive.write(run_id, unfinished(run_id))

        tasks = {task.kind.value: task for task in world.queue.list(run_id=run_id)}
        assert {kind: task.task_id for kind, task in tasks.items()} == {
            "run": run_id,
            "step": f"step_{run_id}",
            "wait": f"wait_{run_id}",
        }
        assert tasks["run"].ready_at == tasks["step"].ready_at == s.START
        assert tasks["wait"].ready_at == s.START + s.SECOND
        assert (tasks["run"].name, tasks["step"].name) == ("shop:checkout", "shop:charge")
        assert len(world.queue.claim("ann", limit=9)) == 2

    def test_an_open_run_can_go_on(self, world: World) -> None:
        """Its next attempt and its next events follow the log that was brought in."""
        run_id = new_id("wrun")
        world.archive.write(run_id, unfinished(run_id))
        step_id = f"step_{run_id}"
        claims = world.queue.claim("ann", limit=9)

        world.events.create_batch(
            run_id,
            [s.step_started(step_id, 2), s.step_completed(step_id), s.run_completed()],
            after=8,
            fence=[task.hold for task in claims],
        )

        assert [event.position for event in world.events.list(run_id)] == list(range(12))
        assert world.hooks.get_by_token(f"token of {run_id}").ended

    def test_a_held_run_does_nothing_until_it_is_released(self, world: World) -> None:
        """Its steps do not run and its waits do not complete; the report is kept."""
        run_id = new_id("wrun")

        world.archive.write(run_id, unfinished(run_id), parked={"message": "migrated"})

        tasks = world.queue.list(run_id=run_id)
        assert {(task.parked, str(task.parked_detail)) for task in tasks} == {
            (ParkReason.HELD, "{'message': 'migrated'}")
        }
        assert len(tasks) == 3
        assert world.queue.claim("ann", limit=9, digest="d1") == []
        assert world.queue.next_ready() is None
        assert [run.run_id for run in world.runs.list(parked=True).items] == [run_id]

    def test_releasing_a_held_run_releases_all_of_it(self, world: World, scene: s.Scene) -> None:
        """Its steps and waits with it, and nothing of other runs."""
        run_id, other = new_id("wrun"), new_id("wrun")
        for held in (run_id, other):
            world.archive.write(held, unfinished(held), parked={"message": "migrated"})
        scene.clock.advance(5 * s.SECOND)
        assert world.queue.due() == 0

        assert world.queue.unpark(run_id) is True

        assert world.queue.due() == 1
        claimed = world.queue.claim("ann", limit=9)
        assert {task.task_id for task in claimed} == {run_id, f"step_{run_id}"}
        assert len(world.queue.list(parked=True)) == 3

    def test_a_held_token_refuses_an_archive_that_wants_it(self, scene: s.Scene) -> None:
        """409, and nothing of it is written: two active hooks cannot share a token."""
        run_id = new_id("wrun")
        scene.append(s.hook_created(scene.id("hook"), f"token of {run_id}"))

        with pytest.raises(AlreadyExists):
            scene.world.archive.write(run_id, unfinished(run_id))
        self._untouched(scene.world, run_id)

    @pytest.mark.parametrize("together", [False, True])
    @pytest.mark.parametrize("what", ["token", "hook", "ended hook", "step", "wait", "run"])
    def test_an_id_of_another_run_refuses_an_archive_that_wants_it(
        self, world: World, what: str, together: bool
    ) -> None:
        """409 with both runs and the id, nothing of it is written, and the other stays."""
        first, second = new_id("wrun"), new_id("wrun")
        there, log = unfinished(first), unfinished(second)
        taken = {
            "token": [s.hook_created("hook_other", f"token of {first}")],
            "hook": [s.hook_created(f"hook_{first}", "another token")],
            "ended hook": [
                s.hook_created(f"hook_{first}", "another token"),
                s.hook_disposed(f"hook_{first}"),
            ],
            "step": [s.step_created(f"step_{first}")],
            "wait": [s.wait_created(f"wait_{first}", s.START)],
            "run": [s.step_created(first)],
        }[what]
        log = s.events_of(second, *(NewEvent(e.data, e.correlation_id) for e in log), *taken)
        kind = {"run": "step", "ended hook": "hook"}.get(what, what)
        id = taken[0].correlation_id if kind != "token" else f"token of {first}"
        before = [Incoming(first, there)] if together else []
        if not together:
            world.archive.write(first, there)
        world.archive.quarantine(second, RECORDS, {"reasons": ["before"]})

        with pytest.raises(IdTaken) as caught:
            world.archive.write_all([*before, Incoming(second, log)])

        error = caught.value
        assert (error.run_id, error.holder, error.what, error.id) == (second, first, kind, id)
        assert all(named in str(error) for named in (second, first, str(id)))
        assert world.archive.why_quarantined(second) == {"reasons": ["before"]}
        if together:
            self._untouched(world, first)
        else:
            assert world.events.list(first) == there
            assert world.hooks.get_by_token(f"token of {first}").run_id == first

    def test_ids_of_what_has_ended_are_no_obstacle(self, world: World) -> None:
        """Steps and waits are told apart by their runs, as long as nothing is to be done."""
        first, second = new_id("wrun"), new_id("wrun")
        world.archive.write(first, unfinished(first))
        again = [s.step_created(f"step_{first}"), s.step_started(f"step_{first}")]
        log = s.events_of(
            second, s.run_created(), s.run_started(), *again, s.step_completed(f"step_{first}")
        )

        world.archive.write(second, log)

        assert world.events.list(second) == log

    def test_one_id_for_two_open_things_of_a_log_is_refused(self, world: World) -> None:
        """The work on them could not be told apart."""
        run_id = new_id("wrun")
        twice = s.step_created("same"), s.wait_created("same", s.START)

        with pytest.raises(CorruptLog, match="a step and a wait are both called same"):
            world.archive.write(run_id, s.events_of(run_id, s.run_created(), *twice))
        hooks = s.hook_created("hook_1", "same"), s.hook_created("hook_2", "same")
        with pytest.raises(CorruptLog, match="hook_1 and hook_2 are both active, with the token"):
            world.archive.write(run_id, s.events_of(run_id, s.run_created(), *hooks))
        self._untouched(world, run_id)

    def test_an_open_hook_takes_payloads(self, world: World) -> None:
        """It is found by its token like a native one."""
        run_id = new_id("wrun")
        world.archive.write(run_id, unfinished(run_id), parked={"message": "migrated"})
        hook = world.hooks.get_by_token(f"token of {run_id}")

        world.events.create(run_id, s.hook_received(hook.hook_id))

        assert world.hooks.get(hook.hook_id).received == 1

    def test_a_log_of_many_pieces_is_brought_in(self, world: World) -> None:
        """Whatever ended long before: late facts, tokens used again, and what stays open."""
        run_id = new_id("wrun")
        log = long_log(run_id)

        world.archive.write(run_id, log)

        assert world.events.list(run_id) == log
        folded = fold(log)
        assert world.runs.get(run_id) == folded.run
        for listed, expected in (
            (world.steps.list(run_id, limit=9_999, resolve_data="all").items, folded.steps),
            (world.hooks.list(run_id=run_id, limit=9_999).items, folded.hooks),
            (world.waits.list(run_id, limit=9_999).items, folded.waits),
        ):
            assert sorted(listed, key=repr) == sorted(expected.values(), key=repr)
        assert world.hooks.get_by_token("again").status == "active"
        about = world.events.list_by_correlation_id(run_id, f"step_0{run_id}")
        assert [event.type for event in about] == [
            *("step_created", "step_started", "step_cancelled", "step_completed"),
        ]
        assert {task.kind.value for task in world.queue.list(run_id=run_id)} == {"run", "step"}

    @pytest.mark.parametrize("last", ["step", "hook", "wait"])
    def test_what_ended_pieces_ago_cannot_begin_again(self, world: World, last: str) -> None:
        """The transition table holds over the whole of a long log."""
        run_id = new_id("wrun")
        again = {
            "step": s.step_created(f"step_1{run_id}"),
            "hook": s.hook_created(f"hook_0{run_id}", "another"),
            "wait": s.wait_created(f"wait_0{run_id}"),
        }[last]
        log = long_log(run_id)

        with pytest.raises(IllegalEvent):
            world.archive.write(run_id, [*log, s.events_of(run_id, *[again] * (len(log) + 1))[-1]])
        self._untouched(world, run_id)

    def test_streams_come_with_a_run(self, world: World) -> None:
        """Chunk by chunk, those that have ended and those that have not."""
        run_id = new_id("wrun")
        chunks = [
            StreamChunk(run_id, "out", 0, b"a\x00", f"step_{run_id}", 2, LONG_AGO),
            StreamChunk(run_id, "err", 0, b"", None, None, LONG_AGO),
            StreamChunk(run_id, "out", 1, b"b", None, None, LONG_AGO + s.SECOND),
        ]

        world.archive.write(run_id, unfinished(run_id), chunks=chunks, closed=["out", "none"])

        assert world.streams.list(run_id) == [
            StreamInfo("err", 1, False),
            StreamInfo("none", 0, True),
            StreamInfo("out", 2, True),
        ]
        assert world.streams.read(run_id, "out") == ([chunks[0], chunks[2]], True)
        assert world.streams.write(run_id, "err", b"more") == 1
        with pytest.raises(EntityGone):
            world.streams.write(run_id, "out", b"more")

    def test_several_runs_are_brought_in_at_once(self, world: World) -> None:
        """What is there already stays, and the others come with all that is theirs."""
        ids = sorted(new_id("wrun") for _ in range(3))
        there = finished(ids[1])
        world.archive.write(ids[1], there, RECORDS)

        world.archive.write_all(
            [
                Incoming(ids[0], finished(ids[0]), RECORDS, {"hash": "a"}),
                Incoming(ids[1], there),
                Incoming(ids[2], unfinished(ids[2]), parked={"message": "migrated"}),
            ]
        )

        assert list(world.archive.records(ids[0])) == RECORDS
        assert world.archive.certificate(ids[0]) == {"hash": "a"}
        assert world.archive.certificate(ids[1]) is None
        assert [len(world.events.list(run_id)) for run_id in ids] == [9, 9, 9]
        assert len(world.queue.list(parked=True)) == 3

    def test_several_runs_are_read_back_at_once(self, world: World) -> None:
        """By id, each with its records, its certificate and its log; what is no run is left out."""
        ids = sorted(new_id("wrun") for _ in range(4))
        world.archive.write(ids[2], unfinished(ids[2]))
        world.archive.write(ids[0], finished(ids[0]), RECORDS, {"hash": "a"})
        world.archive.write(ids[1], finished(ids[1]), RECORDS)
        world.archive.quarantine(ids[3], RECORDS, {"reasons": ["damaged"]})

        found = world.archive.several([ids[2], ids[3], "wrun_unknown", ids[0], ids[1]])

        assert found == [
            Brought(ids[0], RECORDS, {"hash": "a"}, [*world.events.lines(ids[0])]),
            Brought(ids[1], RECORDS, None, [*world.events.lines(ids[1])]),
            Brought(ids[2], [], None, [*world.events.lines(ids[2])]),
        ]
        assert [len(run.lines) for run in found] == [9, 9, 9]
        assert world.archive.several([]) == []

    @pytest.mark.parametrize("fault", ["corrupt", "illegal", "another log", "token"])
    def test_of_several_runs_all_come_or_none(self, world: World, fault: str) -> None:
        """One that is refused keeps the others out."""
        first, second = new_id("wrun"), new_id("wrun")
        if fault == "another log":
            world.archive.write(second, unfinished(second))
        taken = s.run_created(), s.hook_created(f"hook_2{second}", f"token of {first}")
        log = {
            "corrupt": finished(second)[:2] + finished(second)[3:],
            "illegal": s.events_of(second, s.run_created(), s.run_completed(), s.run_started()),
            "another log": finished(second),
            "token": s.events_of(second, *taken),
        }[fault]

        with pytest.raises((AlreadyExists, CorruptLog, IllegalEvent)):
            world.archive.write_all([Incoming(first, unfinished(first)), Incoming(second, log)])

        self._untouched(world, first)

    def test_a_run_that_ended_long_ago_is_listed_by_its_own_time(self, scene: s.Scene) -> None:
        """Older than what was created here."""
        run_id = new_id("wrun")
        scene.world.archive.write(run_id, finished(run_id))

        listed = [run.run_id for run in scene.world.runs.list().items]

        assert listed == [scene.run_id, run_id]

    def test_names_of_a_migrated_run_are_bound_later(self, world: World) -> None:
        """By a fact in its log; the run shows it, and its tasks are claimed by the new names."""
        run_id = new_id("wrun")
        world.archive.write(run_id, migrated(run_id), parked={"message": "migrated"})
        names = {"old//checkout": "shop:checkout", "old//charge": "shop:charge"}

        bound = s.run_bound(names)
        first = world.events.create(run_id, bound)

        assert world.events.create(run_id, bound).event == first.event
        assert world.events.list(run_id)[-1].data == bound.data
        run = world.runs.get(run_id)
        assert run.workflow_name == "old//checkout"
        legacy = {"format": "v1", "names": {"old//pay": "shop:pay", **names}}
        assert run.execution_context == {"by": "v1", "legacy": legacy}
        tasks = {task.task_id: task.name for task in world.queue.list(run_id=run_id)}
        assert tasks == {
            run_id: "shop:checkout",
            f"step_{run_id}": "shop:charge",
            f"step_2{run_id}": "shop:pay",
        }
        world.queue.unpark(run_id)
        assert world.queue.claim("ann", names=["old//checkout", "old//charge"]) == []
        claimed = world.queue.claim("ann", names=["shop:checkout", "shop:charge"], limit=9)
        assert {task.task_id for task in claimed} == {run_id, f"step_{run_id}"}

    def test_only_migrated_open_runs_have_names_to_bind(self, scene: s.Scene) -> None:
        """The names of any other are those of its code."""
        with pytest.raises(IllegalEvent, match="the run is not migrated"):
            scene.append(s.run_bound({"a": "b:c"}))
        scene.append(s.run_cancelled())
        with pytest.raises(RunGone):
            scene.append(s.run_bound({"a": "b:c"}))

    def test_what_cannot_be_brought_in_is_kept_beside(self, world: World) -> None:
        """Its records and the reason; it is no run, has no log and no task."""
        run_id = new_id("wrun")

        world.archive.quarantine(run_id, RECORDS, {"reasons": ["half a file"]})

        expected = Archive(RECORDS, quarantine={"reasons": ["half a file"]})
        assert world.archive.read(run_id) == expected
        assert world.archive.quarantined().items == [
            Quarantined(run_id, {"reasons": ["half a file"]})
        ]
        assert world.runs.list().items == []
        self._untouched(world, run_id)

    def test_quarantine_is_replaced_by_what_comes_later(self, world: World) -> None:
        """By another try of it, and by the run; never the other way round."""
        run_id = new_id("wrun")
        world.archive.quarantine(run_id, RECORDS, {"reasons": ["first"]})
        mended = [SourceRecord("runs/b.json", b"[]")]
        world.archive.quarantine(run_id, mended, {"reasons": ["second"]})
        assert world.archive.read(run_id) == Archive(mended, quarantine={"reasons": ["second"]})

        world.archive.write(run_id, finished(run_id), RECORDS, {"sha256": "x"})

        assert world.archive.read(run_id) == Archive(RECORDS, {"sha256": "x"})
        assert world.archive.quarantined().items == []
        with pytest.raises(AlreadyExists):
            world.archive.quarantine(run_id, mended, {"reasons": ["third"]})
        assert world.archive.read(run_id) == Archive(RECORDS, {"sha256": "x"})

    def test_quarantine_is_listed_by_id_in_pages(self, world: World) -> None:
        """A cursor gives what follows."""
        ids = sorted(new_id("wrun") for _ in range(3))
        for run_id in reversed(ids):
            world.archive.quarantine(run_id, [], {"reasons": []})
        first = world.archive.quarantined(limit=2)
        rest = world.archive.quarantined(limit=2, cursor=first.cursor)
        assert [each.run_id for each in [*first.items, *rest.items]] == ids
        assert rest.cursor is None

    def _untouched(self, world: World, run_id: str) -> None:
        with pytest.raises(NotFound):
            world.events.list(run_id)
        with pytest.raises(NotFound):
            world.runs.get(run_id)
        assert world.queue.list(run_id=run_id) == []
        assert world.hooks.list(run_id=run_id).items == []
