"""A module of workflows and a stage to play them on, for logs of every shape."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wfx.recording import Recording, read_recording
from wfx.testing.stage import Stage

MODULE = """
import asyncio
import hashlib
from decimal import Decimal
from uuid import UUID, uuid4

from pydantic import BaseModel

from wfx import FatalError, create_hook, step, workflow


class Card(BaseModel):
    number: str
    limit: Decimal = Decimal("100.00")


class Order(BaseModel):
    id: int
    card: Card
    note: str = ""


class Declined(FatalError):
    pass


@step
async def charge(card: Card, key: UUID) -> dict:
    if card.number.startswith("0"):
        raise Declined(f"card {card.number} is declined")
    return {"token": f"tok-{card.number}", "ok": True}


@step(max_retries=1)
async def refuse(card: int) -> None:
    raise RuntimeError(f"card {card} is busy")


@workflow
async def refund(card: int) -> None:
    await refuse(card)


@step
async def say(text: str) -> str:
    return text


@workflow
async def pay(order: Order, *, note: str = "none") -> str:
    charged = await charge(order.card, uuid4())
    await say(f"{note}: charged {order.card.number[-4:]}, all of {order.card.number}")
    return charged["token"]


@workflow
async def branch(order: Order) -> str:
    if order.card.number.startswith("4242"):
        return await say("visa")
    return await say("other")


@workflow
async def digest(order: Order) -> str:
    return await say(hashlib.sha256(order.card.number.encode()).hexdigest())


@workflow
async def loop(turns: int, wide: bool = False) -> int:
    if wide:
        await asyncio.gather(*[say(str(number)) for number in range(turns)])
    else:
        for number in range(turns):
            await say(str(number))
    return turns


@workflow
async def ask() -> str:
    async with create_hook(token="ask") as hook:
        return await say((await hook)["phone"])
"""

Play = Callable[..., Recording]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the module `payments`."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "payments.py").write_text(MODULE)
    yield tmp_path
    sys.modules.pop("payments", None)


@pytest.fixture
def play(folder: Path) -> Iterator[Play]:
    """Play a workflow; its log as a recording. Runs that end with an error have one too."""
    with Stage(app_dir=folder) as stage:

        def played(workflow: str, *args: Any, send: Any = None, **kwargs: Any) -> Recording:
            run = stage.start(f"payments:{workflow}", *args, **kwargs)
            if send is not None:
                stage.send("ask", send)
            with contextlib.suppress(Exception):
                run.result()
            run.record(folder / "played.jsonl")
            return read_recording(folder / "played.jsonl")

        yield played
