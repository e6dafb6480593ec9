"""
An order checkout: parallel reservations, retries, a timer, and a person who approves.

    wfx run docs/examples/checkout.py:checkout '{"id": "A1", "items": [{"sku": "desk", "price": "900.00"}]}'

Orders of 500 or more wait for an approval. Send it from another terminal:

    wfx hook send approve-A1 '{"approved": true, "by": "Kim"}'

Without an answer in time (an hour, or the second argument in seconds) the order is refused
and what was reserved is given back. The last argument is how long the customer may change
their mind before the parcel leaves.
"""  # noqa: E501 (a command to copy)

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from pydantic import BaseModel

from wfx import FatalError, RetryableError, create_hook, step, step_context, workflow

APPROVAL_FROM = Decimal(500)


class Item(BaseModel):
    """One line of an order."""

    sku: str
    price: Decimal


class Order(BaseModel):
    """What a customer wants."""

    id: str
    items: list[Item]

    @property
    def total(self) -> Decimal:
        """The sum of all items."""
        return sum((item.price for item in self.items), Decimal(0))


class Approval(BaseModel):
    """What the approver sends to the hook."""

    approved: bool
    by: str


class Payment(BaseModel):
    """What the payment service answered."""

    id: str
    amount: Decimal


class Receipt(BaseModel):
    """What became of the order."""

    order_id: str
    status: str
    total: Decimal
    ordered_at: datetime
    approved_by: str | None = None
    payment_id: str | None = None
    parcel: str | None = None


@step
async def reserve(order_id: str, item: Item) -> str:
    """Set an item aside in the warehouse."""
    if item.sku == "unicorn":
        raise FatalError("there are no unicorns")  # trying again would not help
    return f"{order_id}/{item.sku}"


@step
async def release(reservation: str) -> None:
    """Give a reserved item back."""


@step(max_retries=5, timeout=30, backoff=0.1)
async def charge(order: Order, key: str) -> Payment:
    """
    Take the money.

    A step may run more than once (its process can die after the payment and before the
    result is in the log), so the payment service is given a key that is the same each time.
    """
    if step_context().attempt == 1:
        raise RetryableError("the payment service asks for patience", retry_after=0.1)
    return Payment(id=f"pay-{key[:8]}", amount=order.total)


@step
def ship(order: Order) -> str:
    """Hand the parcel over; a sync step, which runs in a thread."""
    return f"parcel-{order.id}"


async def approval_of(order: Order, seconds: float) -> Approval:
    """Wait for a person, but not for ever; a plain function of workflow code."""
    try:
        async with (
            create_hook(f"approve-{order.id}", schema=Approval) as hook,
            asyncio.timeout(seconds),
        ):
            return await hook
    except TimeoutError:
        return Approval(approved=False, by="nobody")


@workflow
async def checkout(
    order: Order, approval_seconds: float = 3600, change_of_mind_seconds: float = 1
) -> Receipt:
    """Take an order from basket to parcel."""
    receipt = Receipt(
        order_id=order.id, status="refused", total=order.total, ordered_at=datetime.now(UTC)
    )
    reservations = await asyncio.gather(*(reserve(order.id, item) for item in order.items))

    if order.total >= APPROVAL_FROM:
        approval = await approval_of(order, approval_seconds)
        receipt.approved_by = approval.by
        if not approval.approved:
            await asyncio.gather(*(release(each) for each in reservations))
            return receipt

    payment = await charge(order, str(uuid4()))
    await asyncio.sleep(change_of_mind_seconds)
    receipt.parcel = await ship(order)
    receipt.payment_id = payment.id
    receipt.status = "shipped"
    return receipt
