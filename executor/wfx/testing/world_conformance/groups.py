"""Group appends: many batches in one transaction, each judged by itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wfx.errors import (
    AlreadyExists,
    EntityGone,
    IllegalEvent,
    LeaseLost,
    NotFound,
    PositionConflict,
    RunGone,
    WfxError,
)
from wfx.ids import new_id
from wfx.testing import scenes as s
from wfx.testing.world_conformance.base import Conformance
from wfx.testing.world_conformance.writers import THREADS, race
from wfx.world import Append

if TYPE_CHECKING:
    from wfx.clock import ManualClock
    from wfx.events import NewEvent
    from wfx.world import EventResult, World


def by(scene: s.Scene, *events: NewEvent, after: int | None = None) -> Append:
    """What the owner of a run appends."""
    return Append(scene.run_id, events, after, [scene.hold])


def accepted(answer: list[EventResult] | WfxError) -> list[EventResult]:
    """The results of a batch that was not refused."""
    assert isinstance(answer, list), f"refused: {answer}"
    return answer


class Groups(Conformance):
    """All waiting appends of a process at once."""

    def test_batches_of_many_runs_do_what_each_does_alone(
        self, world: World, clock: ManualClock
    ) -> None:
        """Logs, entities and tasks are those that `create_batch` makes of the same events."""
        together = [s.started_run(world, clock) for _ in range(7)]
        alone = [s.started_run(world, clock) for _ in range(7)]

        def batch(scene: s.Scene, number: int) -> list[NewEvent]:
            step_id = scene.id("step", number)
            return [
                [s.step_created(step_id), s.step_started(step_id)],
                [s.wait_created(scene.id("wait"))],
                [s.hook_created(scene.id("hook"), f"{scene.run_id} token")],
                [s.effect_recorded([number]), s.step_created(step_id)],
                [s.run_completed(number)],
                [s.run_failed()],
                [s.wait_created(scene.id("wait")), s.wait_cancelled(scene.id("wait"))],
            ][number]

        answers = world.events.create_group(
            [by(scene, *batch(scene, number), after=1) for number, scene in enumerate(together)]
        )
        singly = [
            scene.append(*batch(scene, number), after=1) for number, scene in enumerate(alone)
        ]

        for number, (one, other) in enumerate(zip(together, alone, strict=True)):
            assert s.types_of(accepted(answers[number])) == s.types_of(singly[number])
            assert one.types() == other.types()
            assert accepted(answers[number])[-1].event == one.log()[-1]
            mine, theirs = s.everything(world, one.run_id), s.everything(world, other.run_id)
            assert [len(part) for part in mine[2:]] == [len(part) for part in theirs[2:]]
            assert mine[1].status == theirs[1].status
            assert [task.owner for task in mine[5]] == [task.owner for task in theirs[5]]

    def test_a_refused_batch_takes_no_other_down(self, world: World, clock: ManualClock) -> None:
        """Each refusal is the answer in its place; what is right is written."""
        scenes = [s.started_run(world, clock) for _ in range(9)]
        ended, late, lost, twice, bad, conflicting = scenes[:6]
        good = scenes[6:]
        ended.append(s.run_completed())
        late.append(s.effect_recorded())
        lost_hold = (lost.run_id, lost.hold[1] + 1)
        step_id, hold = bad.running_step()
        bad.append(s.step_completed(step_id), fence=[hold])
        wrong = [
            by(ended, s.effect_recorded()),
            by(late, s.effect_recorded(), after=1),
            Append(lost.run_id, [s.effect_recorded()], None, [lost_hold]),
            by(twice, s.run_started()),
            Append(bad.run_id, [s.step_completed(step_id)], None, [hold]),
            Append(new_id("wrun"), [s.effect_recorded()]),
            Append(None, [s.effect_recorded()]),
            Append(conflicting.run_id, [s.run_created()]),
        ]
        before = [s.everything(world, scene.run_id) for scene in scenes[:6]]
        right = [by(scene, s.effect_recorded(), after=1) for scene in good]

        answers = world.events.create_group(
            [*wrong[:3], right[0], *wrong[3:6], right[1], *wrong[6:], right[2]]
        )

        refusals = [type(answer) for answer in answers if isinstance(answer, WfxError)]
        assert refusals == [
            *(RunGone, PositionConflict, LeaseLost),
            *(AlreadyExists, EntityGone, NotFound),
            *(NotFound, AlreadyExists),
        ]
        assert [s.everything(world, scene.run_id) for scene in scenes[:6]] == before
        for place, scene in zip((3, 7, 10), good, strict=True):
            assert accepted(answers[place])[0].event == scene.log()[2]

    def test_a_batch_is_whole_or_not_at_all(self, scene: s.Scene) -> None:
        """An event that is refused keeps those before it in its batch out, and no other's."""
        other = s.started_run(scene.world, scene.clock)
        spoilt = by(scene, s.step_created(scene.id("step")), s.step_cancelled(scene.id("step", 2)))

        answers = scene.world.events.create_group([spoilt, by(other, s.effect_recorded())])

        assert isinstance(answers[0], NotFound)
        assert scene.types() == ["run_created", "run_started"]
        assert other.types()[2:] == ["effect_recorded"]

    def test_an_event_that_cannot_follow_is_an_answer_too(
        self, world: World, clock: ManualClock
    ) -> None:
        """A writer's bug is told to that writer."""
        wrong, right = s.new_run(world, clock), s.started_run(world, clock)
        wrong.claim = wrong.claimed_by("ann")

        answers = world.events.create_group(
            [by(wrong, s.run_completed()), by(right, s.effect_recorded())]
        )

        assert isinstance(answers[0], IllegalEvent)
        assert (wrong.end, right.end) == (0, 2)

    def test_batches_of_one_run_follow_each_other(self, scene: s.Scene) -> None:
        """In the order given; the second is judged by what the first wrote."""
        step_id = scene.id("step")
        answers = scene.world.events.create_group(
            [
                by(scene, s.step_created(step_id), s.step_started(step_id), after=1),
                Append(scene.run_id, [s.step_completed(step_id)], None, [(step_id, 1)]),
                by(scene, s.effect_recorded(), after=1),
                by(scene, s.effect_recorded(), after=4),
            ]
        )

        assert isinstance(answers[2], PositionConflict)
        assert scene.types()[2:] == [
            *("step_created", "step_started", "step_completed", "effect_recorded")
        ]
        assert [accepted(answers[place])[-1].event for place in (0, 1, 3)] == [
            scene.log()[place] for place in (3, 4, 5)
        ]

    def test_a_run_can_be_made_and_ended_in_one_group(
        self, world: World, clock: ManualClock
    ) -> None:
        """A creation and a cancellation that follow each other."""
        run_id = new_id("wrun")

        answers = world.events.create_group(
            [
                Append(run_id, [s.run_created()]),
                Append(run_id, [s.run_cancelled()]),
                Append(run_id, [s.run_cancelled()]),
            ]
        )

        assert s.types_of([r for answer in answers for r in accepted(answer)]) == [
            *("run_created", "run_cancelled", None)
        ]
        assert world.queue.get(run_id) is None
        run = accepted(answers[1])[0].entity
        assert run == world.runs.get(run_id)

    def test_a_token_wanted_twice_in_a_group_is_given_once(
        self, world: World, clock: ManualClock
    ) -> None:
        """To the first; the others get hook_conflict, which names it."""
        runs = [s.started_run(world, clock) for _ in range(3)]

        answers = world.events.create_group(
            [by(run, s.hook_created(run.id("hook"), "t"), after=1) for run in runs]
        )

        assert [s.types_of(accepted(answer)) for answer in answers] == [
            ["hook_created"],
            ["hook_conflict"],
            ["hook_conflict"],
        ]
        assert world.hooks.get_by_token("t").run_id == runs[0].run_id

    def test_a_repeated_group_is_answered_with_what_is_stored(
        self, world: World, clock: ManualClock
    ) -> None:
        """A lost acknowledgement is harmless, and so is a batch that stands in it twice."""
        scenes = [s.started_run(world, clock) for _ in range(3)]
        group = [
            by(scene, s.step_created(scene.id("step")), s.effect_recorded(), after=1)
            for scene in scenes
        ]
        created = Append(None, [s.run_created()])
        group += [group[0], created]
        first = world.events.create_group(group)
        before = [s.everything(world, scene.run_id) for scene in scenes]

        again = world.events.create_group(group)

        def told(answers: list[list[EventResult] | WfxError]) -> list[list[object]]:
            return [[result.event for result in accepted(answer)] for answer in answers]

        assert told(again) == told(first)
        assert told(first)[3] == told(first)[0]
        assert [s.everything(world, scene.run_id) for scene in scenes] == before
        assert len(world.runs.list().items) == 4

    def test_a_group_half_of_which_is_stored_appends_the_other_half(
        self, world: World, clock: ManualClock
    ) -> None:
        """Writers repeat their own batches; who stands beside them may change."""
        first, second = s.started_run(world, clock), s.started_run(world, clock)
        group = [by(scene, s.effect_recorded(), after=1) for scene in (first, second)]
        world.events.create_group(group[:1])

        answers = world.events.create_group(group)

        assert [accepted(answer)[0].event for answer in answers] == [
            first.log()[2],
            second.log()[2],
        ]
        assert (first.end, second.end) == (2, 2)

    def test_nothing_is_appended_by_nothing(self, scene: s.Scene) -> None:
        """An empty group, and an empty batch in a group."""
        assert scene.world.events.create_group([]) == []
        assert scene.world.events.create_group([by(scene), by(scene, s.effect_recorded())])[0] == []
        assert scene.end == 2

    def test_groups_of_many_threads_over_the_same_runs_all_land(
        self, world: World, clock: ManualClock
    ) -> None:
        """In whatever order they name the runs: none waits for another for ever."""
        runs = [s.started_run(world, clock) for _ in range(6)]
        hooks = [run.id("hook") for run in runs]
        for run, hook_id in zip(runs, hooks, strict=True):
            run.append(s.hook_created(hook_id, f"{run.run_id} token"))

        def send(number: int) -> None:
            order = sorted(range(len(runs)), key=lambda place: (place * (number + 1)) % 7)
            for turn in range(4):
                answers = world.events.create_group(
                    [
                        Append(runs[p].run_id, [s.hook_received(hooks[p], [number, turn])])
                        for p in order
                    ]
                )
                assert all(isinstance(answer, list) for answer in answers)

        race(send)

        for run in runs:
            assert [event.position for event in run.log()] == list(range(3 + 4 * THREADS))

    def test_a_group_and_a_beat_of_leases_do_not_block_each_other(
        self, world: World, clock: ManualClock
    ) -> None:
        """One thread extends all claims while others append to their runs."""
        runs = [s.started_run(world, clock) for _ in range(10)]
        holds = [run.hold for run in runs]
        over = threading.Event()
        held: list[int] = []

        def work(number: int) -> None:
            if number == 0:
                while not (held and over.is_set()):
                    held.append(len(world.queue.extend("ann", holds, s.LEASE)))
            elif number == 1:
                for turn in range(15):
                    order = runs if turn % 2 else runs[::-1]
                    answers = world.events.create_group(
                        [by(run, s.effect_recorded([turn])) for run in order]
                    )
                    assert all(isinstance(answer, list) for answer in answers)
                over.set()

        race(work)

        assert set(held) == {10}
        assert [run.end for run in runs] == [16] * 10
