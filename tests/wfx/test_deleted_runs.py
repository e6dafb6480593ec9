"""A worker whose run is deleted while it works on it lets it go, and does the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from wfx import aio, create_hook, step, workflow
from wfx.entities import RunStatus
from wfx.events import NewEvent, RunCancelled
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.testing.faults import FaultyWorld, Meddle
from wfx.testing.plain import PlainProgram
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker
from wfx.world import World


@step(name="t:pay")
async def pay(amount: int) -> int:
    await asyncio.sleep(1)
    return amount


@workflow(name="t:flow")
async def flow(token: str) -> int:
    first = await pay(1)
    async with create_hook(token=token):
        await aio.sleep(5)
    return first + sum(await aio.gather(pay(2), pay(3)))


PROGRAM = PlainProgram(flow, pay)


def delete(world: World, run_id: str) -> None:
    """A client cancels a run, and everybody who works on it is taken for dead; it is deleted."""
    if not world.runs.get(run_id).ended:
        world.events.create(run_id, NewEvent(RunCancelled()))
    for owner in world.queue.holders():
        for task in world.queue.list(run_id=run_id):
            if task.owner == owner:
                world.queue.revoke(owner)
    soon = world.queue.now() + timedelta(days=1)
    assert world.retention.delete([run_id], ended_before=soon) == {run_id: None}


class Ear(Observer):
    """Stops its worker when a certain run has ended."""

    worker: Worker
    run_id: str

    def ended(self, run_id: str) -> None:
        if run_id == self.run_id:
            self.worker.stop()


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Virtual time."""
    with VirtualLoop() as loop:
        yield loop


def work(loop: VirtualLoop, delete_at: int | None) -> tuple[MemoryWorld, str, str, int]:
    """Two runs on one worker; before an append about the first, it is deleted."""
    world, ear = MemoryWorld(loop.clock), Ear()
    victim = start_run(world, PROGRAM, "t:flow", ["a"])
    ear.run_id = other = start_run(world, PROGRAM, "t:flow", ["b"])
    appends = 0

    def meddle(run_id: str, _: Sequence[NewEvent]) -> None:
        nonlocal appends
        if run_id == victim:
            appends += 1
            if appends == delete_at:
                delete(world, victim)

    ear.worker = Worker(
        FaultyWorld(world, Meddle(meddle)), [PROGRAM], observer=ear, **loop.for_worker()
    )
    loop.run(ear.worker.serve())
    return world, victim, other, appends


def test_a_run_that_is_deleted_at_any_append_takes_no_other_down(loop: VirtualLoop) -> None:
    """As after a worker was stopped for so long that its run was cancelled and pruned."""
    world, victim, other, appends = work(loop, None)
    assert {run.run_id for run in world.runs.list().items} == {victim, other}

    for number in range(1, appends + 1):
        world, victim, other, _ = work(loop, number)
        run = world.runs.get(other)
        assert (run.status, run.output) == (RunStatus.COMPLETED, 6), f"at append {number}"
        assert [run.run_id for run in world.runs.list().items] == [other]
        assert world.queue.list() == []
