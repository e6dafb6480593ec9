"""Branches, loops, helpers, hooks and durations, as workflows of all days have them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pydantic import BaseModel

from wfx import FatalError, create_hook, sleep, step, workflow


class Line(BaseModel):
    """One line of an order."""

    sku: str
    count: int
    price: float


class Order(BaseModel):
    """What a customer wants."""

    id: str
    lines: list[Line]
    express: bool = False

    @property
    def total(self) -> float:
        """The sum of all lines."""
        return sum(line.count * line.price for line in self.lines)


class Decision(BaseModel):
    """What somebody decided."""

    approved: bool


@step
async def reserve(order_id: str, line: Line, attempt: int = 0) -> str:
    """Set something aside."""
    return f"{order_id}/{line.sku}/{attempt}"


@step
async def charge(order_id: str, amount: float, key: str) -> str:
    """Take money."""
    return f"paid {amount:.2f}"


@step
async def pack(reservations: list[str], *, gift: bool = False) -> int:
    """Put it into a box."""
    return len(reservations)


@step
async def ship(order: Order, boxes: int) -> str:
    """Send it."""
    return f"{order.id}: {boxes}"


@step
async def notify(who: str, what: str) -> None:
    """Tell somebody."""


@step
async def look(page: int) -> list[str]:
    """A page of a list."""
    return [f"item {page}.{number}" for number in range(3)] if page < 3 else []


@step(max_retries=0)
async def fragile(number: int) -> int:
    """Fails for odd numbers."""
    if number % 2:
        raise FatalError(f"{number} is odd")
    return number


async def told(order: Order, what: str) -> None:
    """A helper with two steps in a row."""
    await notify(order.id, what)
    if order.express:
        await notify("express desk", f"{order.id} {what}")


@workflow
async def fulfil(order: Order, patience: float = 60.0) -> str:
    """The whole way of an order."""
    started = datetime.now(UTC)
    reservations = []
    for line in order.lines:
        if line.count > 0:
            reservations.append(await reserve(order.id, line))
    if order.total >= 100:
        try:
            async with create_hook(f"approve-{order.id}", schema=Decision) as hook:
                async with asyncio.timeout(patience):
                    decision = await hook
        except TimeoutError:
            await told(order, "nobody decided")
            return "late"
        if not decision.approved:
            await told(order, "refused")
            return "refused"
    key = str(uuid4())
    paid = await charge(order.id, round(order.total, 2), key)
    await told(order, paid)
    await asyncio.sleep(5 if order.express else 60)
    boxes = await pack(reservations, gift=order.total > 500)
    await notify("warehouse", f"{boxes} boxes since {started:%H:%M}")
    return await ship(order, boxes)


@workflow
async def crawl(pages_max: int = 10) -> list[str]:
    """A loop that ends when a page is empty, with a pause between pages."""
    found: list[str] = []
    page = 0
    while page < pages_max:
        items = await look(page)
        if not items:
            break
        for index, item in enumerate(items):
            if index % 2 == 0:
                await notify("reader", item)
            found.append(item)
        await sleep(timedelta(minutes=2))
        page += 1
    return found


@workflow
async def batches(size: int = 4) -> dict[str, int]:
    """Rounds of parallel work, with failures that are counted."""
    good = bad = 0
    for start in range(0, size, 2):
        results = await asyncio.gather(
            *(fragile(number) for number in range(start, start + 2)), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                bad += 1
                await notify("failures", str(result))
            else:
                good += 1
    return {"good": good, "bad": bad}


async def pages(last: int) -> AsyncIterator[list[str]]:
    """An async generator over pages."""
    for page in range(last):
        yield await look(page)


@workflow
async def streams() -> int:
    """Iterates asynchronously, and waits beside it."""
    count = 0
    reminder = asyncio.create_task(remind(3))
    async for items in pages(3):
        count += len(items)
        await notify("counter", str(count))
    reminders = await reminder
    await notify("reminded", str(reminders))
    return count + reminders


async def remind(times: int) -> int:
    """A task of its own."""
    for number in range(times):
        await asyncio.sleep(10)
        await notify("reminder", str(number))
    return times


@workflow
async def chat(name: str) -> list[str]:
    """Payload after payload, answered by what they say."""
    said: list[str] = []
    hook = create_hook(f"chat-{name}", metadata={"who": name})
    async for text in hook:
        match text:
            case "bye":
                await notify(name, "goodbye")
                hook.dispose()
            case "dice":
                said.append(str(random.randint(1, 6)))
                await notify(name, said[-1])
            case _:
                said.append(str(text))
                await notify(name, f"you said {text}")
                await asyncio.sleep(1)
    await notify("log", f"{len(said)} messages")
    return said


@workflow
async def race(seconds: float = 5.0) -> str:
    """Whichever comes first, and what is left is cancelled."""
    waiting = asyncio.create_task(asyncio.sleep(seconds))
    working = asyncio.create_task(fragile(2))
    done, pending = await asyncio.wait({waiting, working}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    try:
        number = await asyncio.wait_for(fragile(3), timeout=30)
    except FatalError as error:
        await notify("race", str(error))
        number = 0
    finally:
        await notify("race", "over")
    return f"{len(done)} done, {number}"
