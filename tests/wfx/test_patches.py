"""`patched` and `deprecate_patch` over the life of a change."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wfx import deprecate_patch, patched
from wfx.errors import NotInRun
from wfx.events import EffectRecorded, HookReceived, NewEvent, StepCreated
from wfx.launch import start_run
from wfx.memory import MemoryWorld
from wfx.replay import Verdict, replay
from wfx.testing.faults import Crash, CrashAfter, CrashBefore, Fault, FaultyWorld
from wfx.testing.virtual import VirtualLoop
from wfx.workers.observer import Observer
from wfx.workers.runner import Runner
from wfx.workers.worker import Worker
from wfx_sandbox import load_program

HEADER = """
from wfx import create_hook, deprecate_patch, patched, step, workflow

@step
async def pack(order: str) -> str: return f"packed {order}"

@step
async def check(order: str) -> None: ...

@step
async def ship(order: str) -> str: return f"shipped {order}"

@workflow
async def checkout(order: str) -> str:
"""

BEFORE = """
    await pack(order)
    async with create_hook(f"go-{order}") as hook:
        await hook
    return await ship(order)
"""
CHANGED = BEFORE.replace("    await pack", "    await check(order)\n    await pack")
PATCHED = BEFORE.replace(
    "    await pack", '    if patched("check"):\n        await check(order)\n    await pack'
)
DEPRECATED = CHANGED.replace("    await check", '    deprecate_patch("check")\n    await check')

Loads = Callable[[str], Any]


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    """A program with this body of its workflow."""
    made: list[Path] = []

    def load(body: str) -> Any:
        folder = tmp_path / str(len(made))
        made.append(folder)
        folder.mkdir()
        (folder / "shop.py").write_text(HEADER + textwrap.indent(textwrap.dedent(body), "    "))
        return load_program("shop", app_dir=folder)

    return load


class _Stopping(Observer):
    """Stops the worker when the run waits for a payload, ends or is parked."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.parked_for: BaseException | None = None

    def suspended(self, run_id: str, runner: Runner) -> None:
        if runner.execution is not None and not runner.execution.pending_steps:
            self.ended(run_id)

    def parked(self, run_id: str, error: BaseException) -> None:
        self.parked_for = error
        self.ended(run_id)

    def ended(self, run_id: str) -> None:
        assert self.worker is not None
        self.worker.stop()


class Shop:
    """A world with runs, and workers with one version of the code after the other."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.world = MemoryWorld(self.loop.clock)

    def start(self, program: Any, order: str) -> str:
        """A new run, as far as it goes."""
        run_id = start_run(self.world, program, "shop:checkout", [order])
        self.go_on(program, run_id)
        return run_id

    def go_on(self, program: Any, run_id: str) -> BaseException | None:
        """As far as it goes with this code; why it was parked."""
        observer = _Stopping()
        observer.worker = Worker(
            self.world, [program], run_id=run_id, observer=observer, **self.loop.for_worker()
        )
        self.loop.run(asyncio.wait_for(observer.worker.serve(), 60))
        return observer.parked_for

    def crash(self, program: Any, run_id: str, fault: Fault) -> bool:
        """A process that dies at an append; whether it came so far."""
        observer = _Stopping()
        given = self.loop.for_worker()
        line = FaultyWorld(self.world, fault)
        observer.worker = Worker(line, [program], run_id=run_id, observer=observer, **given)
        try:
            self.loop.run(asyncio.wait_for(observer.worker.serve(), 60))
        except Crash:
            self.loop.dead.add(given["presence"].owner)
            return True
        return False

    def send(self, order: str) -> None:
        """What the run waits for."""
        hook = self.world.hooks.get_by_token(f"go-{order}")
        self.world.events.create(hook.run_id, NewEvent(HookReceived(payload=None), hook.hook_id))

    def steps(self, run_id: str) -> list[str]:
        """Names of the steps that were asked for."""
        log = self.world.events.list(run_id)
        return [
            str(event.data.step_name).partition(":")[2]
            for event in log
            if isinstance(event.data, StepCreated)
        ]

    def patches(self, run_id: str) -> list[str | None]:
        """Names of the patches in the log."""
        log = self.world.events.list(run_id)
        return [
            event.data.key
            for event in log
            if isinstance(event.data, EffectRecorded) and event.data.effect == "patch"
        ]

    def replayed(self, program: Any, run_id: str) -> Verdict:
        """What a replay says."""
        return replay(program, self.world.events.list(run_id))


@pytest.fixture
def shop() -> Any:
    """See Shop."""
    made = Shop()
    with made.loop:
        yield made


def test_without_a_patch_the_change_diverges(shop: Shop, loads: Loads) -> None:
    """What the others of this page avoid."""
    run_id = shop.start(loads(BEFORE), "a")
    assert "asks for step 'shop:check'" in str(shop.go_on(loads(CHANGED), run_id))


def test_a_run_that_came_past_before_goes_the_old_way_to_its_end(shop: Shop, loads: Loads) -> None:
    """Nothing is recorded for it."""
    run_id = shop.start(loads(BEFORE), "a")
    code = loads(PATCHED)
    assert shop.go_on(code, run_id) is None
    shop.send("a")
    assert shop.go_on(code, run_id) is None
    assert shop.steps(run_id) == ["pack", "ship"]
    assert shop.patches(run_id) == []
    assert str(shop.world.runs.get(run_id).status) == "completed"
    verdict = shop.replayed(code, run_id)
    assert (verdict.kind, verdict.patches) == ("match", {"check": "old"})


def test_a_new_run_goes_the_new_way_and_has_it_in_its_log(shop: Shop, loads: Loads) -> None:
    """Every later replay sees the same."""
    code = loads(PATCHED)
    run_id = shop.start(code, "a")
    assert shop.steps(run_id) == ["check", "pack"]
    assert shop.patches(run_id) == ["check"]
    shop.send("a")
    shop.go_on(loads(PATCHED + "\n"), run_id)
    assert shop.steps(run_id) == ["check", "pack", "ship"]
    verdict = shop.replayed(code, run_id)
    assert (verdict.kind, verdict.patches) == ("match", {"check": "new"})


def test_code_without_the_patch_replays_what_it_recorded(shop: Shop, loads: Loads) -> None:
    """Its absence is never a divergence: neither deprecated, nor gone."""
    run_id = shop.start(loads(PATCHED), "a")
    for body, seen in [(DEPRECATED, {"check": "deprecated"}), (CHANGED, {})]:
        verdict = shop.replayed(loads(body), run_id)
        assert (verdict.kind, verdict.patches) == ("match", seen)
    assert shop.replayed(loads(BEFORE), run_id).kind == "diverged"


def test_workers_with_the_patch_run_what_was_begun_without_its_old_way(
    shop: Shop, loads: Loads
) -> None:
    """A deploy that is taken back: `deprecate_patch` records it too."""
    run_id = shop.start(loads(DEPRECATED), "a")
    assert shop.patches(run_id) == ["check"]
    shop.send("a")
    assert shop.go_on(loads(PATCHED), run_id) is None
    assert shop.steps(run_id) == ["check", "pack", "ship"]


def test_the_first_evaluation_in_a_run_decides(shop: Shop, loads: Loads) -> None:
    """A run that took the old way takes it at every further place, also at its tail."""
    twice = """
        if patched("check"):
            await check(order)
        await pack(order)
        async with create_hook(f"go-{order}") as hook:
            await hook
        if patched("check"):
            await check(order)
        return await ship(order)
    """
    run_id = shop.start(loads(BEFORE), "a")
    shop.send("a")
    assert shop.go_on(loads(twice), run_id) is None
    assert shop.steps(run_id) == ["pack", "ship"]


def test_a_run_that_has_not_come_there_yet_goes_the_new_way(shop: Shop, loads: Loads) -> None:
    """It is at the end of its log when it comes there."""
    later = BEFORE.replace(
        "    return", '    if patched("check"):\n        await check(order)\n    return'
    )
    run_id = shop.start(loads(BEFORE), "a")
    shop.send("a")
    assert shop.go_on(loads(later), run_id) is None
    assert shop.steps(run_id) == ["pack", "check", "ship"]


def test_a_patch_does_not_count_in_the_order(shop: Shop, loads: Loads) -> None:
    """It may move before or behind what a task does beside it."""
    run_id = shop.start(loads(PATCHED), "a")
    early = PATCHED.replace("    if patched", '    new = patched("check")\n    if patched')
    late = CHANGED.replace("    await pack", '    patched("check")\n    await pack')
    for body in (early, late):
        assert shop.replayed(loads(body), run_id).kind == "match"


@pytest.mark.parametrize("call", [patched, deprecate_patch])
def test_patches_belong_to_runs(call: Callable[[str], object]) -> None:
    """Outside of one nobody could say which way to go."""
    with pytest.raises(NotInRun, match=call.__name__):
        call("check")


def test_a_patch_has_a_name(shop: Shop, loads: Loads) -> None:
    """What is no name is told in the workflow, as an ordinary TypeError."""
    run_id = shop.start(loads('return patched("")'), "a")
    error = shop.world.runs.get(run_id).error or {}
    assert error["message"] == "patched takes the patch's name, a str that is not empty"


def test_a_crash_at_any_append_changes_no_way(shop: Shop, loads: Loads) -> None:
    """What was evaluated and not committed is evaluated again, at the same tail."""
    code = loads(PATCHED)
    crashes = 0
    for kind in (CrashBefore, CrashAfter):
        for number in range(1, 12):
            order = f"{kind.__name__}-{number}"
            run_id = start_run(shop.world, code, "shop:checkout", [order])
            crashes += shop.crash(code, run_id, kind(number))
            shop.go_on(code, run_id)
            shop.send(order)
            crashes += shop.crash(code, run_id, kind(number))
            shop.go_on(code, run_id)
            assert str(shop.world.runs.get(run_id).status) == "completed"
            assert shop.steps(run_id) == ["check", "pack", "ship"]
            assert shop.patches(run_id) == ["check"]
    assert crashes >= 10
