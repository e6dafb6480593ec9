"""Deleting old runs as a program does it: which ones, in what batches, with their recordings."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from wfx import step, workflow
from wfx.client import AsyncClient, Client, Pruned
from wfx.client.pruning import recording_name
from wfx.clock import ManualClock
from wfx.errors import NotFound
from wfx.memory import MemoryWorld
from wfx.recording import read_recording
from wfx.testing import scenes as s
from wfx.testing.plain import PlainProgram
from wfx.testing.world_conformance.archives import RECORDS, finished
from wfx.world import Kept, World
from wfx_world_sql import open_world

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> ManualClock:
    """The clock the world tells the time by."""
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> Iterator[World]:
    """A world, with a run for each of ten days."""
    made: World = MemoryWorld(clock)
    if request.param == "sqlite":
        made = open_world(f"sqlite:///{tmp_path / 'world.db'}", clock=clock)
    with made as world:
        yield world


def ended(world: World, clock: ManualClock, name: str = "shop:a", run_id: str = "") -> str:
    """A run that completed now."""
    created = s.run_created(name)
    scene = s.Scene(world, clock, run_id or s.event_of(world.events.create(None, created)).run_id)
    if run_id:
        world.events.create(run_id, created)
    scene.claim = scene.claimed_by("ann")
    scene.append(s.run_started(), s.effect_recorded(), s.run_completed())
    return scene.run_id


def ten_days(world: World, clock: ManualClock) -> list[str]:
    """A run for each of ten days, the last of them today."""
    ids = []
    for number in range(10):
        clock.advance(DAY)
        ids.append(ended(world, clock, "shop:a" if number % 2 else "shop:b"))
    return ids


def there(world: World) -> set[str]:
    """The runs that are there."""
    return {run.run_id for run in world.runs.list(limit=1000).items}


def test_old_runs_are_deleted_and_counted(world: World, clock: ManualClock) -> None:
    """By how long ago they ended; the numbers are those of the dry run."""
    ids = ten_days(world, clock)
    client = Client(world)

    planned = client.prune(DAY * 3.5, dry_run=True)
    assert there(world) == {*ids}
    done = client.prune(DAY * 3.5)

    assert there(world) == {*ids[6:]}
    assert (planned.dry_run, done.dry_run) == (True, False)
    assert (planned.total, planned.workflows) == (done.total, done.workflows)
    assert (done.total.runs, done.total.extent.events) == (6, 24)
    assert {name: some.runs for name, some in done.workflows.items()} == {"shop:a": 3, "shop:b": 3}
    assert done.ended_before == world.queue.now() - DAY * 3.5
    assert client.prune(DAY * 3.5).total.runs == 0


def test_filters_choose(world: World, clock: ManualClock) -> None:
    """By workflow, and by how they ended."""
    ids = ten_days(world, clock)
    failed = s.started_run(world, clock)
    failed.append(s.run_failed())
    clock.advance(DAY)
    client = Client(world)

    assert client.prune(timedelta(0), status="failed").total.runs == 1
    assert there(world) == {*ids}
    assert client.prune(timedelta(0), workflow="shop:b").total.runs == 5
    assert there(world) == {*ids[1::2]}


def test_what_is_kept_is_told(world: World, clock: ManualClock) -> None:
    """A running step, and originals; open and recent runs are not meant, and not counted."""
    running, opened = s.started_run(world, clock), s.started_run(world, clock)
    running.running_step()
    running.append(s.run_cancelled())
    world.archive.write("wrun_old", finished("wrun_old"), RECORDS)
    clock.advance(s.SECOND)
    client = Client(world)

    done = client.prune(timedelta(0))

    assert done.kept == {Kept.RUNNING_STEP: 1, Kept.ORIGINALS: 1}
    assert (done.total.runs, len(there(world))) == (0, 3)
    assert client.prune(timedelta(0), originals=True).kept == {Kept.RUNNING_STEP: 1}
    assert there(world) == {running.run_id, opened.run_id}


@pytest.mark.parametrize(
    ("moment", "status", "said"),
    [
        (timedelta(seconds=-1), None, "lies in the future"),
        (timedelta.max, None, "before all calendars"),
        (s.START + 1000 * DAY, None, "lies in the future"),
        (datetime(2020, 1, 1), None, "has no time zone"),
        (DAY, "running", "a run that is running has not ended: name one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    world: World, clock: ManualClock, moment: datetime | timedelta, status: str, said: str
) -> None:
    """Before anything is deleted."""
    ids = ten_days(world, clock)
    with pytest.raises(ValueError, match=said):
        Client(world).prune(moment, status=status)
    assert there(world) == {*ids}


@pytest.mark.parametrize(("chunks", "batches"), [(0, [2, 2, 2, 2, 1]), (3, [1] * 9)])
def test_batches_are_bounded(
    world: World,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    chunks: int,
    batches: list[int],
) -> None:
    """By runs, events and chunks of streams; none is forgotten between two of them."""
    monkeypatch.setattr("wfx.client.pruning._RUNS_AT_ONCE", 4)
    monkeypatch.setattr("wfx.client.pruning._ROWS_AT_ONCE", 9)
    for run_id in ten_days(world, clock):
        for _ in range(chunks):
            world.streams.write(run_id, "out", b"text")
    deleting, counts = world.retention.delete, []

    def counted(ids: list[str], **how: object) -> object:
        counts.append(len(ids))
        return deleting(ids, **how)  # type: ignore[arg-type]  # as they were given

    monkeypatch.setattr(world.retention, "delete", counted)
    told: list[int] = []
    Client(world).prune(timedelta(0), progress=lambda done: told.append(done.total.runs))

    assert counts == batches
    assert told == [*itertools.accumulate(batches)]
    assert len(there(world)) == 1  # it ended in this very microsecond


# -- recordings ---------------------------------------------------------------------------


def test_recordings_are_written_first(world: World, clock: ManualClock, tmp_path: Path) -> None:
    """Of what is deleted and of nothing else; an import brings the run back as it was."""
    ids = ten_days(world, clock)
    lines = {run_id: [*world.events.lines(run_id)] for run_id in ids}
    folder = tmp_path / "kept" / "runs"

    Client(world).prune(DAY * 3.5, export=folder)

    assert there(world) == {*ids[6:]}
    assert {file.name for file in folder.iterdir()} == {f"{run_id}.jsonl" for run_id in ids[:6]}
    for run_id in ids[:6]:
        recording = read_recording(folder / f"{run_id}.jsonl")
        world.archive.write(recording.run_id, recording.events)
        assert [*world.events.lines(run_id)] == lines[run_id]


def test_a_recording_that_cannot_be_written_keeps_its_run(
    world: World, clock: ManualClock, tmp_path: Path
) -> None:
    """Here because another run's file is there, under a name that is the same."""
    ids = ten_days(world, clock)
    taken = tmp_path / f"{ids[3]}.jsonl"
    taken.write_text('{"runId": "wrun_other"}\n')

    with pytest.raises(OSError, match=f"it is not the recording of {ids[3]}"):
        Client(world).prune(timedelta(0), export=tmp_path)

    assert ids[3] in there(world)
    assert taken.read_text() == '{"runId": "wrun_other"}\n'
    taken.unlink()
    Client(world).prune(timedelta(0), export=tmp_path)
    assert there(world) == {ids[9]}


def test_a_crash_between_recording_and_deletion_is_made_good(
    world: World, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next prune writes them again, and deletes."""
    ids = ten_days(world, clock)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.retention, "delete", crash)
        with suppress(KeyboardInterrupt):
            Client(world).prune(DAY * 3.5, export=tmp_path)
    assert there(world) == {*ids}

    assert Client(world).prune(DAY * 3.5, export=tmp_path).total.runs == 6
    assert len([file for file in tmp_path.iterdir() if file.suffix == ".jsonl"]) == 6


def test_a_recording_of_an_earlier_run_is_not_replaced(
    world: World, clock: ManualClock, tmp_path: Path
) -> None:
    """It is all that is left of that run; an id that was pruned may have been used again."""
    ended(world, clock, run_id="order-7")
    clock.advance(DAY)
    Client(world).prune(timedelta(0), export=tmp_path)
    kept = (tmp_path / "order-7.jsonl").read_text()
    ended(world, clock, run_id="order-7")
    clock.advance(DAY)

    with pytest.raises(OSError, match="it is the recording of an earlier run of the id order-7"):
        Client(world).prune(timedelta(0), export=tmp_path)

    assert there(world) == {"order-7"}
    assert (tmp_path / "order-7.jsonl").read_text() == kept
    Client(world).prune(timedelta(0), export=tmp_path / "again")
    assert there(world) == set()


def test_every_id_has_a_file_name() -> None:
    """One of its own, in its directory, however odd and long the id is."""
    ids = ["wrun_1", "a/b", "a%2Fb", "../up", ".", "..", "é" * 255, "é" * 254 + "e", "A", "con"]
    names = [recording_name(run_id) for run_id in ids]
    assert len({*names}) == len(ids)
    assert all("/" not in name and len(name) < 255 for name in names)
    assert names[0] == "wrun_1.jsonl"


# -- others beside it ---------------------------------------------------------------------


@step
async def double(number: int) -> int:
    """Twice the number."""
    return number * 2


@workflow
async def doubled(number: int) -> int:
    """One step."""
    return await double(number)


def test_runs_go_on_beside_it(sql_url: str) -> None:
    """A worker executes runs while others are deleted; what it has ended goes too."""
    world = open_world(sql_url)
    program = PlainProgram(double, doubled)
    over = threading.Event()
    errors: list[BaseException] = []
    deleted = 0

    def prune(client: Client) -> None:
        nonlocal deleted
        try:
            while not over.is_set():
                deleted += client.prune(timedelta(seconds=0.2)).total.runs
        except BaseException as error:
            errors.append(error)

    with world, Client(world, programs=[program]) as client, client.worker(doubled):
        pruning = threading.Thread(target=prune, args=[client])
        pruning.start()
        results = []
        for number in range(60):
            try:
                results.append(client.start(doubled, number).result(60))
            except NotFound:  # it had ended, and was deleted before this thread looked
                results.append(2 * number)
        over.set()
        pruning.join()
        client.prune(timedelta(0))
        assert world.runs.list().items == []
        assert world.queue.list() == []
    assert errors == []
    assert results == [2 * number for number in range(60)]


def test_the_same_from_an_event_loop(world: World, clock: ManualClock) -> None:
    """All of it; and a caller that is cancelled stops it after the batch under way."""
    ids = ten_days(world, clock)

    async def main() -> Pruned:
        async with AsyncClient(world) as client:
            planned = await client.prune(DAY * 3.5, dry_run=True)
            assert planned.total.runs == 6
            begun, go_on = threading.Event(), threading.Event()

            def told(_: Pruned) -> None:
                begun.set()
                go_on.wait()

            pruning = asyncio.create_task(client.prune(DAY * 3.5, progress=told))
            await asyncio.to_thread(begun.wait)
            pruning.cancel()
            await asyncio.sleep(0)
            go_on.set()
            with suppress(asyncio.CancelledError):
                await pruning
            return await client.prune(DAY * 3.5)

    done = asyncio.run(main())

    assert done.total.runs == 0  # all six were one batch
    assert there(world) == {*ids[6:]}


def test_an_id_whose_run_was_deleted_begins_anew(world: World, clock: ManualClock) -> None:
    """As if it had never been used."""
    program = PlainProgram(double, doubled)
    client = Client(world, programs=[program])
    client.start_as("order-7", doubled, 1)
    client.cancel("order-7")
    clock.advance(s.SECOND)
    client.prune(timedelta(0))
    with pytest.raises(NotFound):
        client.status("order-7")

    client.start_as("order-7", doubled, 2)

    assert world.runs.get("order-7").input == [2]
