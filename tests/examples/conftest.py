"""Runs examples as `wfx run` does: through the sandbox, by a worker, on a world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from wfx import Client
from wfx.activation import Output
from wfx.events import Event
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.replay import Verdict, replay
from wfx.testing.faults import Crash, Fault, FaultyWorld
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.runner import Runner
from wfx.workers.worker import Worker
from wfx.world import World
from wfx.worlds import open_world
from wfx_sandbox import LoadedTarget, load_target

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


class _Watcher(Observer):
    def __init__(self, run: ExampleRun) -> None:
        self._run = run
        self.worker: Worker | None = None
        self._fed: set[str] = set()

    def _stop(self) -> None:
        assert self.worker is not None
        self.worker.stop()

    def output(self, run_id: str, lines: Sequence[Output]) -> None:
        self._run.printed.extend(line.text for line in lines)

    def parked(self, run_id: str, error: BaseException) -> None:
        self._run.parked = error
        self._stop()

    def suspended(self, run_id: str, runner: Runner) -> None:
        assert runner.execution is not None
        for token in runner.execution.open_hooks:
            if token in self._run.payloads and token not in self._fed:
                self._fed.add(token)
                Client(self._run.world).resume_hook(token, self._run.payloads[token])

    def ended(self, run_id: str) -> None:
        self._stop()


@dataclass
class ExampleRun:
    """One run of an example."""

    loaded: LoadedTarget
    world: World
    run_id: str
    payloads: dict[str, object]
    printed: list[str] = field(default_factory=list)
    parked: BaseException | None = None

    def work(self) -> None:
        """Work until the run ends or is parked."""
        watcher = _Watcher(self)
        worker = Worker(self.world, [self.loaded.program], run_id=self.run_id, observer=watcher)
        watcher.worker = worker

        async def limited() -> None:
            async with asyncio.timeout(60):
                await worker.serve()

        asyncio.run(limited())
        if self.parked is not None:
            raise self.parked

    @property
    def log(self) -> list[Event]:
        """Its log."""
        return self.world.events.list(self.run_id)

    @property
    def types(self) -> list[str]:
        """The types of its events."""
        return [event.type for event in self.log]

    @property
    def result(self) -> Any:
        """What it returned, as an instance of the host's classes."""
        return Client(self.world).result(self.run_id)

    def replayed(self) -> Verdict:
        """The verdict of the same code, loaded again, over the log."""
        return replay(self.loaded.program, self.log)


Start = Callable[..., ExampleRun]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Create a run of an example: `start("saga.py:book_trip", ["Kyoto"])`."""
    worlds: list[World] = []

    def begin(
        target: str, args: Sequence[object] = (), payloads: dict[str, object] | None = None
    ) -> ExampleRun:
        loaded = load_target(f"docs/examples/{target}", app_dir=ROOT)
        world = open_world(f"sqlite:///{tmp_path / f'world-{len(worlds)}.db'}")
        worlds.append(world)
        run_id = start_run(world, loaded.program, loaded.workflow_name, args)
        return ExampleRun(loaded, world, run_id, payloads or {})

    yield begin
    for world in worlds:
        world.close()


@dataclass
class Life:
    """How a run went whose first process met a fault, in virtual time."""

    result: Any
    verdict: Verdict
    appends: int
    """Of the first process."""
    processes: int


@pytest.fixture
def live() -> Callable[..., Life]:
    """Let processes follow one another until a run of an example ends."""

    def begin(
        target: str,
        args: Sequence[object],
        payloads: dict[str, object],
        fault: Fault | None = None,
    ) -> Life:
        loaded = load_target(f"docs/examples/{target}", app_dir=ROOT)
        with VirtualLoop(limit=timedelta(days=1)) as loop:
            world = MemoryWorld(loop.clock)
            run_id = start_run(world, loaded.program, loaded.workflow_name, args)
            run = ExampleRun(loaded, world, run_id, payloads)
            appends: list[int] = []
            while not world.runs.get(run_id).ended:
                line = FaultyWorld(world, fault if not appends else None)
                loop.run(_process(run, line, loop))
                appends.append(line.appends)
                assert run.parked is None, run.parked
                assert len(appends) <= 2, "it comes to no end"
            return Life(run.result, run.replayed(), appends[0], len(appends))

    return begin


async def _process(run: ExampleRun, world: World, loop: VirtualLoop) -> None:
    given = loop.for_worker()
    watcher = _Watcher(run)
    watcher.worker = Worker(
        world, [run.loaded.program], run_id=run.run_id, observer=watcher, **given
    )
    try:
        await watcher.worker.serve()
    except Crash:
        loop.dead.add(given["presence"].owner)
