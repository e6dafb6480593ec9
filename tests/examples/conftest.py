"""Runs examples as `wfx run` does: through the sandbox, by a worker, on a world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wfx import Client
from wfx.activation import Output
from wfx.errors import WorldUnavailable
from wfx.events import Event
from wfx.launch import start_run
from wfx.replay import Verdict, replay
from wfx.runner import Runner
from wfx.worker import Observer, Worker
from wfx.world import World
from wfx.worlds import open_world
from wfx_sandbox import LoadedTarget, load_target

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


class Power:
    """A world whose power goes out after some appends: nothing it is asked works any more."""

    def __init__(self, world: World, appends: int) -> None:
        self._world = world
        self.left = appends

    def __getattr__(self, name: str) -> Any:
        return _Socket(self, getattr(self._world, name))

    def spend(self, method: str) -> None:
        """One call; the last append is kept, but its answer is lost."""
        if self.left <= 0:
            raise WorldUnavailable(url="crash:", reason="the power is out", remedy="")
        if method == "create_batch":
            self.left -= 1


class _Socket:
    def __init__(self, power: Power, part: Any) -> None:
        self._power = power
        self._part = part

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._part, name)
        return _Socket.wrap(self._power, name, value) if callable(value) else value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _Socket.wrap(self._power, "", self._part)(*args, **kwargs)

    @staticmethod
    def wrap(power: Power, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            power.spend("")
            result = call(*args, **kwargs)
            if name in ("create", "create_batch"):
                power.spend("create_batch")
                power.spend("")
            return result

        return guarded


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

    def work(self, world: World | None = None) -> None:
        """Work until the run ends or is parked."""
        watcher = _Watcher(self)
        worker = Worker(
            world or self.world, [self.loaded.program], run_id=self.run_id, observer=watcher
        )
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


@pytest.fixture
def power() -> Callable[[World, int], Power]:
    """`power(world, n)`: the world, until its n-th append."""
    return Power
