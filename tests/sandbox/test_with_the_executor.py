"""A sandboxed program under the real executor, on a world in memory."""

from __future__ import annotations

from typing import Any

import pytest

from wfx.client import Client
from wfx.errors import RunParked
from wfx.memory import MemoryWorld

FLOW = """
from __future__ import annotations

import asyncio
import os
import random
import time
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import BaseModel
from wfx import StepError, step, workflow


class Quote(BaseModel):
    shop: str
    price: int


class SoldOut(Exception):
    pass


@step
async def quote(shop: str) -> Quote:
    if shop == "c":
        raise SoldOut("c is sold out")
    return Quote(shop=shop, price=ord(shop))


quote = step(quote.spec.func, name="flow:quote", max_retries=0)


@workflow
async def main(shops: set[str]) -> dict[str, object]:
    began = time.monotonic()
    results = await asyncio.gather(*(quote(s) for s in shops), return_exceptions=True)
    async with asyncio.timeout(30):
        await asyncio.sleep(0.01)
    waited = time.monotonic() - began
    cheapest = min((r for r in results if isinstance(r, Quote)), key=lambda q: q.price)
    lost = [r for r in results if isinstance(r, SoldOut)]
    numbers = [random.randint(1, 6) for _ in range(100)]
    async with asyncio.TaskGroup() as group:
        again = group.create_task(quote("b"))
    return {
        "cheapest": cheapest,
        "lost": [str(e) for e in lost],
        "waited": waited > 0,
        "numbers": len(numbers),
        "id": str(uuid4()),
        "at": datetime.now(UTC) is not None,
        "again": again.result(),
        "home": os.environ.get("NO_SUCH_VARIABLE_AT_ALL"),
    }
"""


def test_a_sandboxed_workflow_runs_under_the_executor(lab: Any) -> None:
    """Parallel steps, a failure that keeps its class, a wait, draws, a task group."""
    lab.write(flow=FLOW)
    with Client(MemoryWorld(), app_dir=lab.app_dir) as client:
        result: Any = client.run("flow:main", ["a", "b", "c"])
    assert result["cheapest"].shop == "a"
    assert result["lost"] == ["c is sold out"]
    assert result["waited"] is True
    assert result["again"].price == ord("b")


def test_a_violation_parks_the_run_whoever_catches_it(lab: Any) -> None:
    """`except BaseException` and `finally: return` do not hide it."""
    lab.write(
        flow="""
        import os
        from wfx import workflow

        @workflow
        async def main():
            try:
                os.environ["MY_" + "TOKEN"]
            except BaseException:
                pass
            finally:
                return "hidden"
        """
    )
    with Client(MemoryWorld(), app_dir=lab.app_dir) as client, pytest.raises(RunParked) as caught:
        client.run("flow:main")
    assert "WFX210" in str(caught.value)
