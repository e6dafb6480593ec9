"""
Workflows for the chaos: every body notes outside of the database that it began.

What a run comes to follows from its number alone, see `expected`.
"""

from __future__ import annotations

import asyncio
import os
import time

from wfx import RetryableError, create_hook, step, step_context, workflow

NOTES = "WFX_CHAOS_NOTES"
LOST_MAX = 1000
"""How many attempts of one step the chaos may cost."""


def note() -> int:
    """Write a line about this attempt, in one go, so that lines of processes do not mix."""
    context = step_context()
    line = f"{context.run_id} {context.step_id} {context.attempt} {os.getpid()}\n"
    file = os.open(os.environ[NOTES], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)
    return context.attempt


@step(max_lost=LOST_MAX)
async def add(a: int, b: int) -> int:
    """Takes a moment."""
    note()
    await asyncio.sleep(0.01)
    return a + b


@step(max_lost=LOST_MAX)
def add_slowly(a: int, b: int) -> int:
    """Takes a moment longer, in a thread."""
    note()
    time.sleep(0.2)
    return a + b


@step(max_lost=LOST_MAX, max_retries=LOST_MAX, backoff=0.1, backoff_max=1)
async def add_at_last(a: int, b: int) -> int:
    """Fails at every odd attempt."""
    if note() % 2:
        raise RetryableError("not yet")
    return a + b


@workflow
async def in_turn(number: int) -> int:
    """Step after step."""
    total = number
    for index in range(5):
        total = await add(total, index)
    return total


@workflow
async def at_once(number: int) -> int:
    """Steps side by side."""
    return sum(await asyncio.gather(*[add(number, index) for index in range(8)]))


@workflow
async def slowly(number: int) -> int:
    """Steps in threads, and one that fails."""
    first, second = await asyncio.gather(add_slowly(number, 1), add_at_last(number, 2))
    return await add_slowly(first, second)


@workflow
async def asleep(number: int) -> int:
    """Sleeps between steps, and a timeout that strikes."""
    total = await add(number, 1)
    await asyncio.sleep(0.5 + number % 3)
    try:
        async with asyncio.timeout(0.5):
            await asyncio.sleep(3600)
    except TimeoutError:
        total = await add(total, 1)
    return total


@workflow
async def asking(number: int) -> int:
    """Waits for three payloads."""
    total = await add(number, 0)
    async with create_hook(f"chaos-{number}") as hook:
        for _ in range(3):
            total = await add(total, await hook)
    return total


WORKFLOWS = (in_turn, at_once, slowly, asleep, asking)


def expected(number: int) -> int:
    """What the run of this number comes to."""
    return (
        number + 10,
        8 * number + 28,
        2 * number + 3,
        number + 2,
        number + 6,
    )[number % len(WORKFLOWS)]
