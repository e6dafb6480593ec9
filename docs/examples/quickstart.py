"""
A first workflow: a step that fails and is tried again, four steps at once, a short wait.

    wfx run docs/examples/quickstart.py:quickstart Ada

It ends by itself after about four seconds. Stop it half-way (Ctrl-C, or kill -9 from another
terminal) and continue it with the `wfx run --resume …` that it prints or that `wfx runs`
shows: what was done is not done again.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime

from pydantic import BaseModel

from wfx import step, step_context, workflow


class Reading(BaseModel):
    """What a weather station answered."""

    city: str
    degrees: float


class Report(BaseModel):
    """What the workflow returns."""

    greeting: str
    readings: list[Reading]
    warmest: str
    connected_at_attempt: int
    began: datetime


@step(max_retries=5, backoff=0.2)
async def connect() -> int:
    """Reach the weather service, which refuses the first two attempts; an async step."""
    attempt = step_context().attempt
    if attempt < 3:
        raise ConnectionError(f"the weather service is busy (attempt {attempt})")
    return attempt


@step
def measure(city: str, base: float) -> Reading:
    """Ask one station; a sync step, which runs in a thread."""
    time.sleep(0.3)
    return Reading(city=city, degrees=base + len(city))


@workflow
async def quickstart(name: str = "world", pause_seconds: float = 2.0) -> Report:
    """Greet somebody with the weather."""
    began = datetime.now(UTC)  # recorded: a replay sees the same moment
    cities = ["Lagos", "Lima", "Oslo", "Osaka"]
    random.shuffle(cities)  # recorded too, as one seed

    attempt = await connect()
    print(f"connected at attempt {attempt}")

    readings = await asyncio.gather(*(measure(city, 10.0) for city in cities))
    print(f"measured {', '.join(reading.city for reading in readings)} at the same time")

    await asyncio.sleep(pause_seconds)  # a durable wait: it survives a restart
    print("waited")

    warmest = max(readings, key=lambda reading: reading.degrees)
    return Report(
        greeting=f"Hello, {name}!",
        readings=readings,
        warmest=warmest.city,
        connected_at_attempt=attempt,
        began=began,
    )
