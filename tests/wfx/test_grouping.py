"""Writings of many runs: one at a time of each, their appends in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from wfx.clock import ManualClock
from wfx.errors import PositionConflict, RunGone, WorldUnavailable
from wfx.events import NewEvent, RunCancelled
from wfx.memory import MemoryWorld
from wfx.testing import scenes as s
from wfx.testing.faults import FaultyWorld, LoseAnswer
from wfx.workers.appending import Answer, Writing, append_all
from wfx.workers.grouping import Grouping
from wfx.world import Append


class Bench:
    """A memory world with runs, and a grouping over it that notes what it sends."""

    def __init__(self, runs: int = 3) -> None:
        self.clock = ManualClock()
        self.inner = MemoryWorld(self.clock)
        self.runs = [s.started_run(self.inner, self.clock) for _ in range(runs)]
        self.world = FaultyWorld(self.inner)
        self.sent: list[list[str | None]] = []
        self.pauses: list[float] = []
        events = self.world.events
        create_batch, create_group = events.create_batch, events.create_group

        def batch(
            run_id: str, events: Sequence[NewEvent], after: Any = None, fence: Collection[Any] = ()
        ) -> Any:
            self.sent.append([run_id])
            return create_batch(run_id, events, after, fence)

        def group(appends: Sequence[Append]) -> Any:
            self.sent.append([append.run_id for append in appends])
            return create_group(appends)

        events.create_batch, events.create_group = batch, group
        self.grouping = Grouping(self.world, self.pauses.append)
        self.told: list[Any] = []

    def effect(self, scene: s.Scene, after: int | None = None) -> Append:
        return Append(scene.run_id, [s.effect_recorded()], after, [scene.hold])

    def writing(self, scene: s.Scene, *afters: int | None) -> Writing[Any]:
        """Appends an effect after each of these positions; the class of its first refusal."""
        answer = None
        for after in afters:
            try:
                answer = yield self.effect(scene, after)
            except (PositionConflict, RunGone) as refusal:
                return type(refusal)
        return answer.repeated if answer else None

    def begin(self, scene: s.Scene, *afters: int | None) -> None:
        self.grouping.begin(
            scene.run_id, self.writing(scene, *afters), lambda v: self.told.append(v)
        )


def test_what_the_world_had_already_is_told_as_repeated() -> None:
    """It may have sent an append twice by itself: the claims of then may have ended since."""
    bench = Bench()
    scene, other, _ = bench.runs
    append = bench.effect(scene)
    bench.inner.events.create_batch(scene.run_id, append.events, None, append.fence)

    def writing() -> Writing[bool]:
        return (yield append).repeated

    (answer,) = append_all(bench.world, [append], pause=bench.pauses.append)
    assert isinstance(answer, Answer)
    assert answer.repeated
    bench.grouping.begin(scene.run_id, writing(), bench.told.append)
    bench.begin(other, None)
    bench.grouping.commit()
    assert len(bench.sent[-1]) == 2
    assert bench.told == [True, False]


def test_what_waits_goes_into_one_transaction() -> None:
    """Each writing is told what became of its own append."""
    bench = Bench()
    for scene in bench.runs:
        bench.begin(scene, 1)
    assert bench.sent == []
    bench.grouping.commit()
    assert bench.sent == [[scene.run_id for scene in bench.runs]]
    assert bench.told == [False] * 3
    assert [scene.end for scene in bench.runs] == [2, 2, 2]
    assert not bench.grouping.waits


def test_a_run_that_waits_alone_is_a_batch_of_its_own() -> None:
    """The way of a single run has nothing of a group in it."""
    bench = Bench()
    bench.begin(bench.runs[0], 1, 2)
    bench.grouping.commit()
    bench.grouping.commit()
    assert bench.sent == [[bench.runs[0].run_id]] * 2
    assert bench.world.appends == 2


def test_a_writing_that_asks_again_joins_the_next_group() -> None:
    """Rounds of many runs stay together."""
    bench = Bench(2)
    bench.begin(bench.runs[0], 1, 2)
    bench.begin(bench.runs[1], 1)
    bench.grouping.commit()
    bench.begin(bench.runs[1], 2)
    bench.grouping.commit()
    assert [sorted(str(run) for run in group) for group in bench.sent] == [
        sorted(scene.run_id for scene in bench.runs)
    ] * 2


def test_a_refusal_is_thrown_into_its_writing_only() -> None:
    """The neighbours are answered as if nothing had been refused."""
    bench = Bench()
    bench.inner.events.create(bench.runs[1].run_id, NewEvent(RunCancelled()))
    for scene in bench.runs:
        bench.begin(scene, None)
    bench.grouping.commit()
    assert bench.told == [False, RunGone, False]


def test_writings_of_one_run_follow_each_other() -> None:
    """PROTOCOL 4: nothing else of a run is sent before what was sent is answered."""
    bench = Bench(1)
    (scene,) = bench.runs
    bench.begin(scene, 1, 2)
    bench.begin(scene, 3)
    assert bench.grouping.busy(scene.run_id)
    bench.grouping.commit()
    bench.grouping.commit()
    assert bench.told == [False]
    bench.grouping.commit()
    assert bench.told == [False, False]
    assert scene.end == 4
    assert not bench.grouping.busy(scene.run_id)


def test_a_group_without_an_answer_is_sent_again_unchanged() -> None:
    """And its writings know that the answer is to a repeat."""
    bench = Bench()
    bench.world.fault = LoseAnswer(times=2)
    for scene in bench.runs:
        bench.begin(scene, 1)
    bench.grouping.commit()
    assert bench.sent == [[scene.run_id for scene in bench.runs]] * 3
    assert bench.told == [True] * 3
    assert bench.pauses == [0.05, 0.1]
    assert [scene.end for scene in bench.runs] == [2, 2, 2]


def test_what_waits_outlives_a_world_that_does_not_answer() -> None:
    """Nothing is lost: the next commit sends it again, with what came meanwhile."""
    bench = Bench()
    bench.world.fault = LoseAnswer(times=12)
    for scene in bench.runs[:2]:
        bench.begin(scene, 1)
    with pytest.raises(WorldUnavailable):
        bench.grouping.commit()
    assert bench.grouping.waits
    bench.begin(bench.runs[2], 1)
    bench.world.fault = LoseAnswer(times=0)
    bench.grouping.commit()
    assert bench.told == [True] * 3
    assert [scene.end for scene in bench.runs] == [2, 2, 2]


def test_a_batch_that_the_database_cannot_take_takes_no_other_down() -> None:
    """Each is tried by itself; whoever asked for that one hears of it."""
    bench = Bench()
    poison = bench.runs[1].run_id
    create_group, create_batch = bench.world.events.create_group, bench.world.events.create_batch

    def refuse(run_ids: Collection[str | None]) -> None:
        if poison in run_ids:
            raise OverflowError("too large")

    def group(appends: Sequence[Append]) -> Any:
        refuse([append.run_id for append in appends])
        return create_group(appends)

    def batch(run_id: str, *more: Any) -> Any:
        refuse([run_id])
        return create_batch(run_id, *more)

    bench.world.events.create_group, bench.world.events.create_batch = group, batch
    for scene in bench.runs:
        bench.begin(scene, 1)
    with pytest.raises(OverflowError, match="too large"):
        bench.grouping.commit()
    bench.grouping.commit()
    assert [scene.end for scene in bench.runs] == [2, 1, 2]
    assert bench.told == [False, True]


def test_what_is_closed_is_given_up() -> None:
    """A writing under way ends where it stands."""
    bench = Bench(1)
    ended: list[bool] = []

    def writing() -> Writing[None]:
        try:
            yield bench.effect(bench.runs[0])
        finally:
            ended.append(True)

    bench.grouping.begin(bench.runs[0].run_id, writing(), bench.told.append)
    bench.begin(bench.runs[0], None)
    bench.grouping.close()
    bench.grouping.commit()
    assert (ended, bench.told, bench.sent) == ([True], [], [])
    assert not bench.grouping.busy(bench.runs[0].run_id)
