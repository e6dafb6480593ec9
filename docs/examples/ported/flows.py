"""
Workflows of an older system, ported: their finished runs replay, their open runs go on.

The old program was `workflows/flows.ts`. What it recorded is migrated with the names of its
workflows and steps bound to those of this module; `docs/how-to/continue-a-migrated-run.md`
goes through it command by command.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from wfx import create_hook, step, workflow


@step
async def add(a: int, b: int) -> int:
    """The sum."""
    return a + b


@step
async def nothing() -> None:
    """A step that returns nothing."""


@step
async def hang(milliseconds: int) -> str:
    """Take a while."""
    await asyncio.sleep(milliseconds / 1000)
    return "woke"


@workflow
async def sequence(start: int) -> dict[str, int]:
    """Three sums, one after the other."""
    a = await add(start, 1)
    b = await add(a, 2)
    c = await add(b, 3)
    await nothing()
    return {"a": a, "b": b, "c": c}


@workflow
async def sleeper() -> dict[str, int]:
    """A wait of two seconds, and one until a moment."""
    before = await add(1, 0)
    await asyncio.sleep(2)
    after = await add(before, 1)
    until = datetime.now(UTC) + timedelta(seconds=1.5)
    await asyncio.sleep((until - datetime.now(UTC)).total_seconds())
    return {"before": before, "after": after}


@workflow
async def long_running(mode: str, token: str) -> object:
    """Wait in one of several ways: for a payload, for a moment, for long steps."""
    await add(40, 2)
    if mode == "hook":
        hook = create_hook(token)
        return await hook
    if mode == "sleep":
        await asyncio.sleep(3600)
        return "slept"
    if mode == "steps":
        for _ in range(100):
            await hang(400)
        return "done"
    return await hang(3_600_000)
