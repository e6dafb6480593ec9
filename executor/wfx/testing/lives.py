"""
The life of a run in virtual time: processes that die and are followed by others, clients
that send what hooks want, and what must hold at the end whatever happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wfx.clock import ManualClock
from wfx.entities import HookStatus, Run
from wfx.events import Event, Kind, StepStarted
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.projection import fold
from wfx.replay import VerdictKind, replay
from wfx.testing import trees
from wfx.testing.faults import Crash, Fault, FaultyWorld, send_payload
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.worker import Worker

if TYPE_CHECKING:
    from wfx.program import Program
    from wfx.world import EventResult, World

_LIVES_MAX = 50
_CLIENT_SECONDS = 0.25
_TOO_LONG = timedelta(minutes=10)


@dataclass(slots=True)
class Life:
    """How a run went."""

    run: Run
    log: list[Event]
    appends: int
    """Appends of the first process."""
    lives: int
    """How many processes it took."""
    bodies: list[tuple[str, int]] = field(default_factory=list)
    """Step bodies that started: step id, attempt."""
    acknowledged: list[Event] = field(default_factory=list)

    @property
    def result(self) -> tuple[str, Any, Any]:
        """What must not depend on faults."""
        error = self.run.error
        short = None if error is None else (error.get("type"), error.get("message"))
        return str(self.run.status), self.run.output, short


class _Watcher(Observer):
    """Stops its worker at the end of a run."""

    def __init__(self) -> None:
        self.worker: Worker | None = None

    def parked(self, run_id: str, error: BaseException) -> None:
        raise AssertionError(f"{run_id} was parked: {error}") from error

    def ended(self, run_id: str) -> None:
        self.stop()

    def stop(self) -> None:
        if self.worker is not None:
            self.worker.stop()


class _Acknowledging:
    """Wraps a fault; remembers what the writer was told is in the log."""

    def __init__(self, fault: Fault | None, kept: list[Event]) -> None:
        self._fault = fault
        self._kept = kept

    def before(self, number: int, run_id: str | None, events: Any) -> None:
        if self._fault is not None:
            self._fault.before(number, run_id, events)

    def after(self, number: int, run_id: str | None, results: Sequence[EventResult]) -> None:
        if self._fault is not None:
            self._fault.after(number, run_id, results)
        self._kept.extend(result.event for result in results if result.event is not None)


async def _client(world: World, run_id: str) -> None:
    """Sends hooks what their metadata says they want, now and then."""
    while True:
        await asyncio.sleep(_CLIENT_SECONDS)
        for hook in world.hooks.list(run_id=run_id, status=HookStatus.ACTIVE).items:
            wants = hook.metadata.get("wants", 0) if isinstance(hook.metadata, dict) else 0
            if hook.token is not None and isinstance(wants, int) and hook.received < wants:
                send_payload(world, hook.token, hook.received)


class _Fleet:
    """The processes that work on a run, one after the other or side by side."""

    def __init__(
        self,
        loop: VirtualLoop,
        world: World,
        program: Program,
        life: Life,
        *,
        one_run: bool,
        slots: int,
        workers: int,
    ) -> None:
        self._loop = loop
        self._world = world
        self._program = program
        self._life = life
        self._run_id = life.run.run_id
        self._one_run = one_run
        self._slots = slots
        self._workers = workers
        self._watchers: list[_Watcher] = []

    async def act(self, fault: Fault | None) -> None:
        """Until the run has ended; who dies is followed by another."""
        stopper = self._loop.create_task(self._stop_at_the_end())
        client = self._loop.create_task(_client(self._world, self._run_id))
        running = [self._begin(fault if i == 0 else None) for i in range(self._workers)]
        try:
            while not self._ended:
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    running.remove(one)
                    one.result()
                    if not self._ended:
                        assert self._life.lives < _LIVES_MAX, "the run comes to no end"
                        running.append(self._begin(None))
        finally:
            for task in (client, stopper, *running):
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def witness(self, of_run: str, step_id: str, attempt: int) -> None:
        """A body began."""
        about = self._world.events.list_by_correlation_id(of_run, step_id)
        started = [e.data.attempt for e in about if isinstance(e.data, StepStarted)]
        assert attempt in started, f"a body began before its attempt {attempt} was logged"
        bodies = self._life.bodies
        assert (step_id, attempt) not in bodies, f"attempt {attempt} began twice"
        bodies.append((step_id, attempt))

    @property
    def _ended(self) -> bool:
        return self._world.runs.get(self._run_id).ended

    def _begin(self, fault: Fault | None) -> asyncio.Task[None]:
        return self._loop.create_task(self._process(fault))

    async def _process(self, fault: Fault | None) -> None:
        life = self._life
        watcher = _Watcher()
        self._watchers.append(watcher)
        line = FaultyWorld(self._world, _Acknowledging(fault, life.acknowledged))
        given = self._loop.for_worker()
        watcher.worker = Worker(
            line,
            [self._program],
            run_id=self._run_id if self._one_run else None,
            observer=watcher,
            slots=self._slots,
            **given,
        )
        life.lives += 1
        try:
            await watcher.worker.serve()
        except Crash:
            self._loop.dead.add(given["presence"].owner)
        finally:
            if life.lives <= self._workers:
                life.appends = max(life.appends, line.appends)

    async def _stop_at_the_end(self) -> None:
        """A worker for any run goes on for ever; one for this run sees its end itself."""
        while not self._ended:
            await asyncio.sleep(_CLIENT_SECONDS)
        if not self._one_run:
            for watcher in self._watchers:
                watcher.stop()


def live(
    tree: trees.Tree,
    fault: Fault | None = None,
    *,
    world: World | None = None,
    clock: ManualClock | None = None,
    program: Program | None = None,
    one_run: bool = True,
    slots: int = 100,
    workers: int = 1,
) -> Life:
    """
    Act a tree out, from its start to its end, and check all that must hold.

    Args:
        fault: What goes wrong for the first process.
        one_run: Whether a worker is for this run only, or for whatever there is.
        workers: Processes at the same time.
    """
    program = program or trees.program()
    with VirtualLoop(clock, limit=_TOO_LONG) as loop:
        world = world or MemoryWorld(loop.clock)
        run_id = start_run(world, program, "trees:act", [tree, f"token-{id(loop)}"])
        life = Life(world.runs.get(run_id), [], 0, 0)
        fleet = _Fleet(loop, world, program, life, one_run=one_run, slots=slots, workers=workers)
        trees.witnesses.append(fleet.witness)
        try:
            loop.run(fleet.act(fault))
        finally:
            trees.witnesses.remove(fleet.witness)
        life.run = world.runs.get(run_id)
        life.log = world.events.list(run_id)
        check(world, program, life)
        return life


def check(world: World, program: Program, life: Life) -> None:
    """What must hold at the end of a run, whatever happened."""
    folded = fold(life.log)
    assert folded.run == life.run
    positions = [event.position for event in life.log]
    assert positions == list(range(len(life.log)))
    ids = {event.event_id: event for event in life.log}
    assert len(ids) == len(life.log)
    for event in life.acknowledged:
        assert ids.get(event.event_id) == event, f"{event.type} was acknowledged and is lost"
    verdict = replay(program, life.log)
    assert verdict.kind is VerdictKind.MATCH, verdict.divergence or verdict.reason
    if life.run.output is not None:
        assert verdict.output == life.run.output
    _check_commands_end(life.log)
    left = world.queue.list(run_id=life.run.run_id)
    assert all(task.abandoned for task in left), f"tasks are left: {left}"


def _check_commands_end(log: Sequence[Event]) -> None:
    end = next((e.position for e in log if e.type in ("run_completed", "run_failed")), None)
    if end is not None:
        late = [e.type for e in log[end + 1 :] if e.data.kind in (Kind.COMMAND, Kind.EFFECT)]
        assert not late, f"commands after the run's end: {late}"
