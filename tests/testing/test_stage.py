"""The stage: what it replaces, feeds, and when it lets time pass."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from wfx.client.hooks import send_payload
from wfx.errors import (
    EntityGone,
    InvalidPayload,
    RunCancelled,
    RunGone,
    Violation,
    WfxError,
)
from wfx.recording import read_recording
from wfx.replay import VerdictKind, replay
from wfx.testing.stage import Stage, Waiting
from wfx.testing.stage.replaying import NotReplayed
from wfx_sandbox import load_program

MODULE = """
import asyncio
import random
from uuid import uuid4

from pydantic import BaseModel

import memory_of_process
from wfx import create_hook, step, workflow


class Answer(BaseModel):
    ok: bool


@step(max_retries=1)
async def fetch(number: int) -> int:
    await asyncio.sleep(5)
    return number


@step
def put(text: str) -> str:
    return text


@workflow
async def draws() -> tuple[str, float]:
    return str(uuid4()), random.random()


@workflow
async def slow(days: int) -> int:
    print("it begins")
    total = 0
    for number in range(days):
        await asyncio.sleep(24 * 3600)
        total += await fetch(number)
    return total


@workflow
async def ask(name: str) -> list[bool]:
    async with create_hook(token=f"ask-{name}", schema=Answer) as hook:
        return [(await hook).ok, (await hook).ok]


@workflow
async def forgetful() -> str:
    memory_of_process.seen.append(1)
    text = str(len(memory_of_process.seen))
    await put("x")
    return await put(text)
"""


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the module, and one that it passes through."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    module = ModuleType("memory_of_process")
    module.seen = []  # type: ignore[attr-defined]  # a module of ours
    monkeypatch.setitem(sys.modules, "memory_of_process", module)
    (tmp_path / "pyproject.toml").write_text('[tool.wfx]\npassthrough = ["memory_of_process"]\n')
    (tmp_path / "staged_flows.py").write_text(MODULE)
    yield tmp_path
    sys.modules.pop("staged_flows", None)


def test_days_pass_when_nothing_else_can_happen(flows: Path) -> None:
    """Waits, and what bodies of steps sleep, take no time of ours."""
    with Stage(app_dir=flows) as stage:
        run = stage.start("staged_flows:slow", 30)
        assert (run.printed, run.ended, stage.now) == (
            ["it begins\n"],
            False,
            datetime(2026, 1, 1, tzinfo=UTC),
        )
        stage.advance(timedelta(hours=12), days=9)
        assert len(run.calls("staged_flows:fetch")) == 9
        assert run.result() == sum(range(30))
        assert timedelta(0) <= stage.now - datetime(2026, 1, 31, tzinfo=UTC) < timedelta(minutes=3)


def test_the_same_seed_gives_the_same_values(flows: Path) -> None:
    """Run ids, uuids and draws."""

    def drawn(seed: int) -> Any:
        with Stage(app_dir=flows, seed=seed) as stage:
            run = stage.start("staged_flows:draws")
            return run.run_id, run.result()

    assert drawn(1) == drawn(1)
    assert drawn(1)[0] != drawn(2)[0]
    assert drawn(1)[1] != drawn(2)[1]


def test_steps_are_replaced_by_functions_values_and_errors(flows: Path) -> None:
    """Later words hold from then on; results are validated; retries take virtual time."""
    with Stage(app_dir=flows) as stage:
        name = "staged_flows:fetch"
        stage.step(name, returns=7)
        assert stage.run("staged_flows:slow", 2) == 14

        async def double(number: int) -> int:
            return number * 2

        stage.step(name, double)
        assert stage.run("staged_flows:slow", 3) == 6
        stage.step(name, raises=LookupError("gone"))
        with pytest.raises(LookupError, match="gone"):
            stage.run("staged_flows:slow", 1)
        stage.step(name, returns="seven")
        with pytest.raises(Exception, match="valid integer"):
            stage.run("staged_flows:slow", 1)
        with pytest.raises(TypeError, match="by one thing"):
            stage.step(name, double, returns=1)


def test_a_step_that_nobody_has_is_told(flows: Path) -> None:
    """A misspelt name would leave the real body in place."""
    with Stage(app_dir=flows) as stage:
        stage.step("staged_flows:fetsh", returns=7)
        with pytest.raises(WfxError, match="it has staged_flows:fetch, staged_flows:put"):
            stage.run("staged_flows:slow", 1)


def test_hooks_are_fed_when_they_are_open(flows: Path) -> None:
    """What was sent before waits for the hook; a run that nobody feeds is told."""
    with Stage(app_dir=flows) as stage:
        stage.send("ask-a", {"ok": True})
        stage.send("ask-a", {"ok": False}, after=timedelta(days=3))
        run = stage.start("staged_flows:ask", "a")
        assert not run.ended
        stage.advance(days=2)
        assert not run.ended
        assert run.result() == [True, False]
        assert stage.now >= datetime(2026, 1, 4, tzinfo=UTC)

        other = stage.start("staged_flows:ask", "b")
        with pytest.raises(Waiting, match=r"waits for a payload to 'ask-b', and none was sent"):
            other.result()
        with pytest.raises(InvalidPayload):
            stage.send("ask-b", {"ok": "perhaps"})
        assert other.state.waiting_for.hooks[0].token == "ask-b"


def test_always_replay_finds_what_is_in_no_log(flows: Path) -> None:
    """A count that the process keeps goes on growing in each replay."""
    with Stage(app_dir=flows) as stage:
        assert stage.run("staged_flows:forgetful") == "1"
    with (
        Stage(app_dir=flows, always_replay=True) as stage,
        pytest.raises(NotReplayed, match="does not replay after position 6"),
    ):
        stage.run("staged_flows:forgetful")
    with Stage(app_dir=flows, always_replay=True) as stage:
        assert stage.run("staged_flows:slow", 3) == 3


def test_a_run_of_a_stage_is_a_recording(flows: Path) -> None:
    """It replays like one of a worker."""
    with Stage(app_dir=flows) as stage:
        run = stage.start("staged_flows:draws")
        run.result()
        run.record(flows / "run.jsonl")
    events = read_recording(flows / "run.jsonl").events
    verdict = replay(load_program("staged_flows", app_dir=flows), events)
    assert (verdict.kind, verdict.divergence) == (VerdictKind.MATCH, None)


def test_a_run_that_cannot_go_on_says_why(flows: Path) -> None:
    """What it was parked for, and not only that."""
    settings = flows / "pyproject.toml"
    settings.write_text(settings.read_text() + "[tool.wfx.limits]\nloop_turns = 5\n")
    with Stage(app_dir=flows) as stage, pytest.raises(Violation, match="more than 5 times"):
        stage.run("staged_flows:slow", 30)


def test_a_run_can_be_cancelled_at_any_moment(flows: Path) -> None:
    """In its sleep, and in the middle of a step: the step's outcome is kept, nothing follows."""
    with Stage(app_dir=flows) as stage:
        run = stage.start("staged_flows:slow", 30)
        stage.advance(days=1, seconds=2)
        assert len(run.calls("staged_flows:fetch")) == 1
        run.cancel("not wanted")
        run.cancel()
        assert run.ended
        with pytest.raises(RunCancelled, match="not wanted"):
            run.result()
        stage.advance(days=3)
        assert len(run.calls("staged_flows:fetch")) == 1

        asked = stage.start("staged_flows:ask", "ada")
        asked.cancel()
        with pytest.raises(EntityGone):
            send_payload(stage.world, "ask-ada", {"ok": True})
        ended = stage.start("staged_flows:draws")
        with pytest.raises(RunGone):
            ended.cancel()
