"""
What a type checker makes of a program that uses wfx; checked by `mypy`, never executed.

Nothing here is annotated that a user would not annotate.
"""

from __future__ import annotations

import asyncio
from typing import Any, assert_type

from pydantic import BaseModel

from wfx import AsyncClient, Client, create_hook, step, workflow
from wfx.client import AsyncRunHandle, RunHandle
from wfx.testing.stage import Stage


class Order(BaseModel):
    """An argument."""

    id: str


class Receipt(BaseModel):
    """A result."""

    text: str


@step
async def charge(order: Order) -> Receipt:
    """An async step."""
    return Receipt(text=order.id)


@step(max_retries=1)
def weigh(order: Order) -> float:
    """A step in a thread."""
    return float(len(order.id))


@workflow
async def checkout(order: Order) -> Receipt:
    """Steps and hooks give what they are declared to give."""
    first, weight = await asyncio.gather(charge(order), weigh(order))
    assert_type(first, Receipt)
    assert_type(weight, float)
    async with create_hook("anything") as anything:
        assert_type(await anything, Any)
    async with create_hook("orders", schema=Order) as orders:
        assert_type(await orders, Order)
        async for each in orders:
            assert_type(each, Order)
    return first


def ordinary(order: Order) -> None:
    """A client in ordinary code."""
    with Client() as client:
        assert_type(client.run(checkout, order), Receipt)
        handle = client.start(checkout.options(id="order-7"), order)
        assert_type(handle, RunHandle[Receipt])
        assert_type(handle.result(timeout=60), Receipt)
        assert_type(client.start_as("order-7", checkout, order).result(), Receipt)
        assert_type(client.run("orders:checkout", order), Any)
        assert_type(client.resume("order-7", checkout), Receipt)
        assert_type(client.resume("order-7", "orders:checkout"), Any)
        assert_type(client.resume("order-7"), Any)
        assert_type(client.get("order-7").result(), Any)
        client.run(checkout, 7)  # type: ignore[call-overload]  # it takes an Order
        client.start(checkout)  # type: ignore[call-overload]  # it takes one argument


async def on_a_loop(order: Order) -> None:
    """The same, awaited."""
    async with AsyncClient() as client:
        assert_type(await client.run(checkout, order), Receipt)
        handle = await client.start(checkout, order)
        assert_type(handle, AsyncRunHandle[Receipt])
        assert_type(await handle.result(), Receipt)
        assert_type(await client.resume("order-7", checkout), Receipt)
        assert_type(await client.resume("order-7"), Any)
        async for event in client.events("order-7"):
            assert_type(event.position, int)


def test_on_a_stage(wfx: Stage, order: Order) -> None:
    """What the plugin's fixture gives."""
    assert_type(wfx.run(checkout, order), Receipt)
    assert_type(wfx.start(checkout, order).result(), Receipt)
    assert_type(wfx.run("orders:checkout", order), Any)
