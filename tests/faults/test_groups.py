"""
Something goes wrong at every commit of a process with many runs, and each ends as if nothing had.

Their appends share transactions. What must hold of each run whatever happened is checked by
`wfx.testing.lives.check`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from wfx.entities import HookStatus
from wfx.events import Event, NewEvent, StepStarted
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.testing import trees
from wfx.testing.faults import (
    Crash,
    CrashAfter,
    CrashBefore,
    Fault,
    FaultyWorld,
    LoseAnswer,
    LoseRequest,
    Meddle,
    NoFault,
    cancel_run,
    send_payload,
)
from wfx.testing.lives import Life, check
from wfx.testing.virtual import VirtualLoop
from wfx.workers.worker import Worker

CHOSEN = [
    *(trees.CHOSEN[name] for name in ("gather", "retries", "conflict unseen")),
    *(trees.grow(seed, depth=3) for seed in (2, 5)),
    *[["step", 1]] * 3,
]


class Fleet:
    """Runs of many trees that one process works on; when it dies, another one follows."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.loop = VirtualLoop(limit=timedelta(minutes=10))
        self.world = MemoryWorld(self.loop.clock)
        self.program = trees.program()
        self.bodies: list[tuple[str, str, int]] = []
        self.appends = 0
        self.lives = 0
        self.sizes: list[int] = []
        self.runs = [
            start_run(self.world, self.program, "trees:act", [tree, f"token-{number}"])
            for number, tree in enumerate(CHOSEN)
        ]

    def witness(self, run_id: str, step_id: str, attempt: int) -> None:
        """A body begins, once, after its attempt was logged."""
        about = self.world.events.list_by_correlation_id(run_id, step_id)
        assert attempt in [e.data.attempt for e in about if isinstance(e.data, StepStarted)]
        assert (run_id, step_id, attempt) not in self.bodies
        self.bodies.append((run_id, step_id, attempt))

    def open_runs(self) -> list[str]:
        return [run_id for run_id in self.runs if not self.world.runs.get(run_id).ended]

    async def process(self, fault: Fault) -> None:
        line = FaultyWorld(self.world, fault)
        create_group = line.events.create_group

        def counted(appends: Sequence[Any]) -> Any:
            self.sizes.append(len(appends))
            return create_group(appends)

        line.events.create_group = counted
        given = self.loop.for_worker()
        worker = Worker(line, [self.program], **given)
        self.lives += 1

        async def stop_at_the_end() -> None:
            while self.open_runs():
                await asyncio.sleep(0.25)
            worker.stop()

        stopper = asyncio.ensure_future(stop_at_the_end())
        try:
            await worker.serve()
        except Crash:
            self.loop.dead.add(given["presence"].owner)
        finally:
            self.appends = self.appends or line.appends
            stopper.cancel()

    async def client(self) -> None:
        """Sends hooks what they want."""
        while True:
            await asyncio.sleep(0.25)
            for hook in self.world.hooks.list(status=HookStatus.ACTIVE, limit=1000).items:
                wants: Any = hook.metadata.get("wants", 0) if isinstance(hook.metadata, dict) else 0
                if hook.received < wants:
                    send_payload(self.world, hook.token or "", hook.received)

    async def whole(self) -> None:
        client = asyncio.ensure_future(self.client())
        await self.process(self.fault)
        while self.open_runs():
            assert self.lives < 20
            await self.process(NoFault())
        client.cancel()

    def live(self) -> list[tuple[str, Any, Any]]:
        """The results of all runs, each checked."""
        trees.witnesses.append(self.witness)
        try:
            with self.loop:
                self.loop.run(self.whole())
        finally:
            trees.witnesses.remove(self.witness)
        return [self.checked(run_id) for run_id in self.runs]

    def checked(self, run_id: str) -> tuple[str, Any, Any]:
        log: list[Event] = self.world.events.list(run_id)
        life = Life(self.world.runs.get(run_id), log, self.appends, self.lives)
        check(self.world, self.program, life)
        return life.result


FAULTS: dict[str, Callable[[int], Fault]] = {
    "a crash before": CrashBefore,
    "a crash after": CrashAfter,
    "three lost answers": lambda number: LoseAnswer(number, times=3),
    "a lost request": LoseRequest,
}


def test_runs_of_a_process_share_commits() -> None:
    """The first of them holds all runs; far fewer are made than appends."""
    fleet = Fleet(NoFault())
    fleet.live()
    assert fleet.sizes[0] == len(CHOSEN)
    alone = fleet.appends - len(fleet.sizes)
    assert fleet.appends < (alone + sum(fleet.sizes)) / 2


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_a_fault_at_any_commit_changes_no_result(kind: str) -> None:
    """A group is committed whole or not at all, and each of its runs goes on from there."""
    fair = Fleet(NoFault())
    results = fair.live()

    for number in range(1, fair.appends + 1):
        fleet = Fleet(FAULTS[kind](number))
        assert fleet.live() == results, f"at commit {number}"
        if kind.startswith("a crash"):
            assert fleet.lives == 2 or number == fair.appends
        else:
            assert fleet.lives == 1
            assert sorted(n for *_, n in fleet.bodies) == sorted(n for *_, n in fair.bodies)


def test_members_that_are_refused_do_not_change_their_neighbours() -> None:
    """A client cancels one of the runs before each commit in turn; the others end as ever."""
    fair = Fleet(NoFault())
    results = fair.live()

    for number in range(1, fair.appends + 1):
        fleet = Fleet(NoFault())
        victim = fleet.runs[number % len(CHOSEN)]

        def cancel(run_id: str, events: Sequence[NewEvent], victim: str = victim) -> None:
            if run_id == victim:
                cancel_run(fleet.world, victim)  # noqa: B023  # called within this turn

        fleet.fault = Meddle(cancel, number)
        for place, (mine, theirs) in enumerate(zip(fleet.live(), results, strict=True)):
            assert mine == theirs or (fleet.runs[place], mine[0]) == (victim, "cancelled")
