"""What a process remembers of its own appends is never trusted when it could be wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from wfx.clock import ManualClock
from wfx.entities import StepStatus
from wfx.errors import (
    AlreadyExists,
    EntityGone,
    LeaseLost,
    PositionConflict,
    WfxError,
    WorldUnavailable,
)
from wfx.events import NewEvent
from wfx.ids import new_id
from wfx.testing.scenes import (
    LEASE,
    SECOND,
    Scene,
    everything,
    run_cancelled,
    run_created,
    started_run,
    step_cancelled,
    step_completed,
    step_created,
    step_failed,
    step_retrying,
    step_started,
)
from wfx.world import Append, TaskKind, World
from wfx_world_sql import open_world
from wfx_world_sql.database import Connection
from wfx_world_sql.known import STEPS_MAX
from wfx_world_sql.sqlite import SqliteConnection, SqliteDatabase
from wfx_world_sql.world import SqlWorld


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock) -> Iterator[SqlWorld]:
    """A world in a file."""
    with open_world(f"sqlite:///{tmp_path / 'world.db'}", clock=clock) as world:
        yield world


@pytest.fixture
def run(world: SqlWorld, clock: ManualClock) -> Scene:
    """A run of whose first step the world knows all, because it was appended just now."""
    scene = started_run(world, clock)
    scene.running_step(1)
    return scene


@pytest.fixture
def elsewhere(world: SqlWorld, run: Scene, clock: ManualClock) -> Iterator[Scene]:
    """The same run, as another process has it."""
    with open_world(world.url, clock=clock) as other:
        yield replace(run, world=other)


def asked(world: SqlWorld, work: Callable[[], object]) -> list[str]:
    """The first word of each statement that some work on the writing connection runs."""
    database = world._database
    assert isinstance(database, SqliteDatabase)
    statements: list[str] = []
    raw = database._take_writer().raw
    raw.set_trace_callback(statements.append)
    work()
    raw.set_trace_callback(None)
    return [" ".join(statement.split()[:3]) for statement in statements]


def forget(world: World) -> None:
    """Whatever is written beside appends makes a world forget, also nothing."""
    assert isinstance(world, SqlWorld)
    world._database.write(lambda connection: None)


def next_step(scene: Scene, number: int) -> None:
    """What a sequential step appends."""
    before, after = scene.id("step", number), scene.id("step", number + 1)
    scene.append(
        step_completed(before),
        step_created(after),
        step_started(after),
        after=scene.end,
        fence=[scene.hold, (before, 1)],
    )


def test_a_step_in_sequence_reads_nothing_of_what_the_step_before_wrote(
    world: SqlWorld, run: Scene
) -> None:
    """It asks whether somebody else wrote, and nothing else."""
    next_step(run, 1)

    statements = asked(world, lambda: next_step(run, 2))

    read = [
        statement for statement in statements if not statement.startswith(("INS", "UPD", "DEL"))
    ]
    assert read == ["BEGIN IMMEDIATE", "PRAGMA data_version", "COMMIT"]


def test_a_step_that_is_there_is_told_though_nobody_looked_for_it(
    world: SqlWorld, run: Scene
) -> None:
    """The row is refused, and the append judged again with nothing known; alone and in a group."""
    next_step(run, 1)
    before, end = everything(world, run.run_id), run.end
    again = step_created(run.id("step", 1))
    other = started_run(world, cast("ManualClock", run.clock))

    with pytest.raises(AlreadyExists):
        run.append(again, after=end)
    (refused, written) = world.events.create_group(
        [
            Append(run.run_id, [again], end, [run.hold]),
            Append(other.run_id, [step_created(other.id("step"))], other.end, [other.hold]),
        ]
    )

    assert isinstance(refused, AlreadyExists)
    assert isinstance(written, list)
    assert everything(world, run.run_id) == before
    next_step(run, 2)


def test_what_another_process_appended_is_seen(run: Scene, elsewhere: Scene) -> None:
    """A command that was appended there refuses one that did not know of it."""
    elsewhere.append(step_cancelled(run.id("step")), step_created(run.id("step", 2)))

    with pytest.raises(PositionConflict) as conflict:
        run.append(step_created(run.id("step", 3)), after=3)
    assert (conflict.value.expected, conflict.value.actual) == (3, 5)
    with pytest.raises(EntityGone):
        run.append(step_retrying(run.id("step")), fence=[(run.id("step"), 1)])


def test_a_step_that_another_process_made_is_not_made_again(run: Scene, elsewhere: Scene) -> None:
    """Even when the writer says nothing of where it stands."""
    elsewhere.append(step_created(run.id("step", 2)))

    with pytest.raises(AlreadyExists):
        run.append(step_created(run.id("step", 2)))


def test_a_claim_that_another_process_took_over_is_lost(
    run: Scene, elsewhere: Scene, clock: ManualClock
) -> None:
    """The claim is looked at where it stands, not where it stood."""
    elsewhere.taken_over()

    with pytest.raises(LeaseLost):
        run.append(step_created(run.id("step", 2)))


def test_a_claim_that_this_process_gave_up_is_lost(world: SqlWorld, run: Scene) -> None:
    """Only appends are understood: anything else that is written makes it forget."""
    world.queue.release(run.hold)

    with pytest.raises(LeaseLost):
        run.append(step_created(run.id("step", 2)))


def test_an_extended_lease_is_the_one_a_new_step_gets(world: SqlWorld, run: Scene) -> None:
    """A step's lease ends with that of the run it was begun by."""
    run.clock.advance(SECOND)
    world.queue.extend("ann", [run.hold], LEASE)

    step_id, _ = run.running_step(2)

    assert run.task(step_id).lease_until == run.task().lease_until


def test_what_a_refused_append_would_have_written_is_not_believed(run: Scene) -> None:
    """Neither is what its first events made, before a later one was refused."""
    made, late = run.id("step", 2), run.id("step", 9)
    before = everything(run.world, run.run_id)
    with pytest.raises(WfxError):
        run.append(step_created(made), step_started(made), step_completed(late))
    assert everything(run.world, run.run_id) == before

    run.append(step_created(made), step_started(made), after=run.end)

    assert run.types()[-2:] == ["step_created", "step_started"]


def test_what_could_not_be_written_is_not_believed(world: SqlWorld, run: Scene) -> None:
    """The disk is full at first: what the append brings counts as new when it is repeated."""

    def limit(pages: int) -> Callable[[Connection], object]:
        return lambda connection: connection.one(f"PRAGMA max_page_count = {pages}")

    step_id = run.id("step", 2)
    made = replace(
        step_created(step_id), data=replace(step_created(step_id).data, input=["x" * 10**6])
    )  # type: ignore[call-arg]  # it is a StepCreated
    batch = [made, step_started(step_id)]
    world._database.write(limit(1))  # as many as there are
    with pytest.raises(WorldUnavailable):
        run.append(*batch)
    world._database.write(limit(10**6))

    run.append(*batch, after=run.end)

    assert [step.status.value for step in world.steps.list(run.run_id).items] == ["running"] * 2


def test_what_was_interrupted_before_its_commit_is_not_believed(
    run: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody at the terminal stops the process, and it catches that."""

    def interrupt(connection: SqliteConnection) -> None:
        raise KeyboardInterrupt

    step_id = run.id("step", 2)
    with monkeypatch.context() as patch:
        patch.setattr(SqliteConnection, "commit", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run.append(step_created(step_id))

    run.append(step_created(step_id), after=run.end)

    assert run.types()[-2:] == ["step_started", "step_created"]


def test_an_append_that_is_repeated_gets_the_stored_answer(run: Scene) -> None:
    """A lost acknowledgement does no harm, whatever is remembered of the first time."""
    step_id = run.id("step", 2)
    batch = [step_created(step_id), step_started(step_id)]
    end = run.end
    first = [result.event for result in run.append(*batch, after=end)]

    assert [result.event for result in run.append(*batch, after=end)] == first
    assert [result.event for result in run.append(*batch)] == first


def test_the_end_of_a_run_is_known_to_its_steps(run: Scene) -> None:
    """A cancelled run keeps the outcome of a running step, and takes nothing else."""
    run.append(run_cancelled(), fence=[])

    with pytest.raises(WfxError) as gone:
        run.append(step_created(run.id("step", 2)))
    assert cast("Any", gone.value).status == 410
    run.append(step_completed(run.id("step")), fence=[(run.id("step"), 1)])
    assert run.types()[-1] == "step_completed"


def test_a_claim_that_is_not_known_is_looked_at(world: SqlWorld, run: Scene) -> None:
    """Although all else is known: an append of its owner ends a row of deaths."""
    run.running_step(2)
    second = run.taken_over()
    assert second.task().deaths == 1
    (claimed,) = world.queue.claim("bob", kinds=[TaskKind.STEP], names=["shop:charge"], limit=1)
    second.append(step_started(claimed.task_id, 2), fence=[claimed.hold])

    second.append(
        step_completed(claimed.task_id), after=second.end, fence=[claimed.hold, second.hold]
    )

    assert second.task().deaths == 0


def test_a_run_with_many_open_steps_is_not_remembered(world: SqlWorld, run: Scene) -> None:
    """What is kept in memory is bounded."""
    run.append(*(step_created(run.id("step", n)) for n in range(2, STEPS_MAX + 5)))

    statements = asked(world, lambda: run.append(step_created(run.id("step", 999))))

    assert any(statement.startswith("SELECT CAST") for statement in statements)


# -- against a world that always forgets -------------------------------------------------


_DEEDS: dict[StepStatus | None, list[Callable[[str], list[NewEvent]]]] = {
    None: [
        lambda id: [step_created(id)],
        lambda id: [step_created(id), step_started(id)],
        lambda id: [step_created(id), step_started(id)],
    ],
    StepStatus.PENDING: [
        lambda id: [step_started(id)],
        lambda id: [step_started(id, 2)],
        lambda id: [step_cancelled(id)],
    ],
    StepStatus.RUNNING: [
        lambda id: [step_completed(id)],
        lambda id: [step_failed(id)],
        lambda id: [step_retrying(id)],
        lambda id: [step_cancelled(id)],
    ],
    StepStatus.COMPLETED: [lambda id: [step_completed(id)]],
    StepStatus.FAILED: [lambda id: [step_created(id)]],
    StepStatus.CANCELLED: [lambda id: [step_completed(id)]],
}
"""What may be done to a step, or is at least tried."""


class _Walk:
    """The same random deeds in several worlds, which must answer alike."""

    def __init__(self, seed: int, scenes: list[list[Scene]]) -> None:
        self.random = random.Random(seed)
        self.worlds = scenes
        """Of each world, its handles; the first world is made to forget, and believed."""
        self.clock = scenes[0][0].clock
        self.batches: list[list[NewEvent]] = []

    def go(self) -> None:
        """Do one thing everywhere."""
        deed = self.random.choice([*[self._append] * 8, self._again, self._claims])
        answers = deed()
        assert all(answer == answers[0] for answer in answers[1:]), answers

    def _everywhere(self, do: Callable[[Scene], object]) -> list[object]:
        which = self.random.random()
        answers: list[object] = []
        for handles in self.worlds:
            if handles is self.worlds[0]:
                forget(handles[0].world)
            try:
                answers.append(do(handles[0 if which < 0.8 else -1]))
            except WfxError as error:
                answers.append((type(error), str(error)))
        return answers

    def _append(self) -> list[object]:
        first = self.worlds[0][0]
        batch = []
        for number in self.random.sample(range(1, 9), self.random.randint(1, 2)):
            id = first.id("step", number)
            step = first.world.steps.get_many(first.run_id, [id]).get(id)
            status = None if step is None else step.status
            if self.random.random() < 0.1:
                status = self.random.choice(list(_DEEDS))
            batch += self.random.choice(_DEEDS[status])(id)
        self.batches.append(batch)
        return self._send(batch)

    def _again(self) -> list[object]:
        return self._send(self.random.choice(self.batches)) if self.batches else []

    def _send(self, batch: list[NewEvent]) -> list[object]:
        first = self.worlds[0][0]
        after = self.random.choice([None, first.end, first.end, max(first.end - 2, 0)])
        fences = [task.hold for task in first.world.queue.list(run_id=first.run_id)]
        return self._everywhere(lambda scene: scene.append(*batch, after=after, fence=fences))

    def _claims(self) -> list[object]:
        kind = self.random.choice(list(TaskKind))
        deeds: list[Callable[[Scene], object]] = [
            lambda scene: scene.world.queue.claim(
                "bob", run_id=scene.run_id, kinds=[kind], limit=9
            ),
            lambda scene: scene.world.queue.extend("ann", [scene.hold], LEASE),
            lambda scene: scene.world.queue.release(scene.hold),
        ]
        if self.random.random() < 0.2:
            self.clock.advance(LEASE + SECOND)
        return self._everywhere(self.random.choice(deeds))


@pytest.mark.parametrize("seed", range(25))
def test_nothing_remembered_changes_an_answer(seed: int, tmp_path: Path) -> None:
    """Random writers, through one or two handles, are answered as by a world that always asks."""
    clock = ManualClock()
    url, believed = f"sqlite:///{tmp_path / 'world.db'}", f"sqlite:///{tmp_path / 'believed.db'}"
    with (
        open_world(believed, clock=clock) as forgetful,
        open_world(url, clock=clock) as one,
        open_world(url, clock=clock) as another,
    ):
        created, run_id = run_created(), new_id("wrun")
        scenes = []
        for handles in ([forgetful], [one, another]):
            handles[0].events.create_batch(run_id, [created])
            scene = Scene(handles[0], clock, run_id)
            scene.claim = scene.claimed_by("ann")
            scenes.append([replace(scene, world=handle) for handle in handles])
        walk = _Walk(seed, scenes)
        for _ in range(60):
            walk.go()
        assert everything(one, run_id) == everything(forgetful, run_id)
