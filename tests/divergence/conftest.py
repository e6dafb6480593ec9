"""A shop whose code changes after a run was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from wfx.divergence.report import DivergenceReport
from wfx.events import Event
from wfx.replay import Verdict, replay
from wfx.testing.stage import Stage
from wfx_sandbox import load_program

SOURCE = '''\
import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import BaseModel

from wfx import FatalError, create_hook, step, workflow


class Item(BaseModel):
    sku: str
    price: int


@dataclass
class Order:
    id: str
    items: list[Item]
    note: str = ""


class Go(BaseModel):
    """Somebody said so."""

    yes: bool


@step
async def reserve(order: str, item: Item) -> str:
    return item.sku


@step
async def inspect(order: str) -> None: ...


@step
async def charge(order: Order, key: str, *, total: int = 0) -> int:
    return total


@step
async def ship(order: str, names: list[str]) -> str:
    return f"{order}: {names}"


@workflow
async def checkout(order: Order) -> str:
    begun = datetime.now(UTC)
    names = []
    for item in order.items:
        names.append(await reserve(order.id, item))
    total = sum(item.price for item in order.items)
    if total > 100:
        await inspect(order.id)
    await asyncio.sleep(60)
    async with create_hook(f"go-{order.id}", schema=Go, metadata={"n": 1}) as hook:
        go = await hook
    await charge(order, str(uuid4()), total=total)
    parcel = await ship(order.id, names)
    return f"shipped {parcel}"
'''
ORDER = {"id": "A1", "items": [{"sku": "desk", "price": 90}, {"sku": "lamp", "price": 20}]}


class Shop:
    """Records runs of one version of the code, and replays them over others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions = 0
        self.log: list[Event] = []

    def folder(self, source: str) -> Path:
        """A folder with this version of the code."""
        self._versions += 1
        made = self._folder / str(self._versions)
        made.mkdir()
        (made / "shop.py").write_text(source, encoding="utf-8")
        return made

    def record(self, source: str = SOURCE, *args: object, sends: bool = True) -> list[Event]:
        """The log of a run, to its end or to where it waits for a payload."""
        with Stage(app_dir=self.folder(source)) as stage:
            run = stage.start("shop:checkout", *(args or (ORDER,)))
            if sends:
                stage.send("go-A1", {"yes": True})
            stage.advance(hours=1)
            self.log = run.log
        return self.log

    def replay(self, source: str, log: Sequence[Event] | None = None) -> Verdict:
        """What today's code makes of it."""
        return replay(load_program("shop", app_dir=self.folder(source)), log or self.log)

    def edited(self, *edits: tuple[str, str]) -> str:
        """The code with texts replaced, each of which is in it."""
        source = SOURCE
        for old, new in edits:
            assert old in source
            source = source.replace(old, new)
        return source

    def report(self, *edits: tuple[str, str]) -> DivergenceReport:
        """The report of the recorded run, with these edits made to the code."""
        verdict = self.replay(self.edited(*edits))
        assert verdict.report is not None, verdict.reason or verdict.kind
        return verdict.report


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with one recorded run, which has ended."""
    made = Shop(tmp_path)
    made.record()
    return made


@pytest.fixture
def open_shop(tmp_path: Path) -> Shop:
    """A shop with one recorded run, which waits for a payload."""
    made = Shop(tmp_path)
    made.record(sends=False)
    return made
