"""An app directory with workflows, and the command line over it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wfx.cli import invoke

SHOP = '''
"""Workflows that the tests run."""

import asyncio
import time
from datetime import datetime

from pydantic import BaseModel
from wfx import create_hook, step, step_context, workflow


class Order(BaseModel):
    id: int
    amount: float = 1.5


class Approval(BaseModel):
    ok: bool


class CardDeclined(Exception):
    pass


@step(backoff=0.01)
async def charge(order: Order) -> str:
    print("printed by a step")
    step_context().stream().write(f"attempt {step_context().attempt}\\\\n")
    if step_context().attempt < 2:
        raise RuntimeError("flaky")
    return f"charge-{order.id}"


@step(max_retries=0)
async def decline() -> None:
    raise CardDeclined("card declined")


@step
async def tick(number: int) -> int:
    await asyncio.sleep(0.01)
    return number


@step
def nap(seconds: float) -> None:
    time.sleep(seconds)


@workflow
async def checkout(order: Order) -> dict:
    print("printed by the workflow")
    return {"charge": await charge(order), "order": order}


@workflow
async def add(a: int, b: int = 2) -> int:
    return a + b


@workflow
async def say(text: str) -> str:
    return text


@workflow
async def buy() -> None:
    await decline()


@workflow
async def unwritable() -> object:
    return {"callbacks": [print_all]}


def print_all() -> None:
    pass


@workflow
async def approve(order: int) -> bool:
    async with create_hook(token=f"approve-{order}", schema=Approval) as hook:
        return (await hook).ok


@workflow
async def ticks(count: int) -> int:
    total = 0
    for number in range(count):
        total += await tick(number)
    return total


@workflow
async def big(count: int) -> int:
    return sum([len(await blob(number)) for number in range(count)])


@step
async def blob(number: int) -> str:
    return "x" * 50_000


@workflow
async def naps(seconds: float) -> None:
    await nap(seconds)


@workflow
async def sleeps(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "awake"


not_a_workflow = 7
'''.replace("\\\\n", "\\n")


@dataclass(frozen=True)
class Done:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object that `--json` gives."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The error without its label; there is exactly one, and no traceback of ours."""
        assert "wfx itself failed" not in self.err
        [said] = f"\n{self.err}".split("\nError: ")[1:]
        return said.strip()


Wfx = Callable[..., Done]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the module `shop`; what it makes Python import is forgotten."""
    (tmp_path / "shop.py").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WFX_WORLD", raising=False)
    monkeypatch.delenv("WFX_DEBUG", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def wfx(app: Path, capfd: pytest.CaptureFixture[str]) -> Wfx:
    """The command line in this process."""

    def run(*words: str) -> Done:
        capfd.readouterr()
        code = invoke(words)
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err or words[0] == "run", captured.err
        return Done(code, captured.out, captured.err)

    return run


class Spawned(subprocess.Popen[str]):
    """The command line as a process of its own."""

    def read_until(self, wanted: str) -> str:
        """Read stderr up to the line that has this text."""
        assert self.stderr is not None
        seen = ""
        for line in self.stderr:
            seen += line
            if wanted in line:
                return seen
        raise AssertionError(f"{wanted!r} never came: {seen}")

    def run_id(self) -> str:
        """The run's id, which comes first on stderr."""
        return self.read_until("wrun_").split()[0]


@pytest.fixture
def spawn(app: Path) -> Iterator[Callable[..., Spawned]]:
    """Start the command line as a process; what is left at the end is killed."""
    begun: list[Spawned] = []

    def start(*words: str, **options: Any) -> Spawned:
        process = Spawned(
            [sys.executable, "-m", "wfx", *words],
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.PIPE),
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **options.pop("env", {})},
            **options,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()
