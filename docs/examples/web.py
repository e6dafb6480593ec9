"""
A web service over workflows: orders come in, people approve them, receipts go out.

    pip install fastapi uvicorn
    cd docs/examples && uvicorn web:app

    curl -X PUT localhost:8000/orders/A1 -H 'Content-Type: application/json' \\
         -d '{"items": [{"sku": "desk", "price": "900.00"}]}'
    curl -X POST localhost:8000/orders/A1/approval -H 'Content-Type: application/json' \\
         -d '{"approved": true, "by": "Kim"}'
    curl localhost:8000/orders/A1?wait=10

The service starts runs and answers with what became of them. Here it executes them as well;
with `WORKER = False` that is left to `wfx worker checkout`, on any machine. Either way a run
goes on after a restart of the service. The order's id is the run's id, so that a request
that is sent twice is one order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from checkout import Approval, Item, Order, Receipt, checkout
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from wfx import AsyncClient
from wfx.errors import (
    InvalidPayload,
    RunCancelled,
    RunFailed,
    RunParked,
    WorldError,
    WorldUnavailable,
)

WORKER = True
WAIT_MAX = 60.0


class Basket(BaseModel):
    """What is ordered."""

    items: list[Item]


class Standing(BaseModel):
    """Where an order stands."""

    status: str
    receipt: Receipt | None = None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for all requests, and the worker beside them."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncClient())
        if WORKER:
            await stack.enter_async_context(client.worker(checkout))
        app.state.wfx = client
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(WorldError)
async def refused(request: Request, error: WorldError) -> JSONResponse:
    """404, 409 and 410 are the numbers of HTTP; a world that cannot be reached is a 503."""
    status = 503 if isinstance(error, WorldUnavailable) else error.status
    return JSONResponse({"detail": str(error)}, status)


@app.exception_handler(InvalidPayload)
async def does_not_fit(request: Request, error: InvalidPayload) -> JSONResponse:
    """The sender's mistake."""
    return JSONResponse({"detail": str(error)}, 422)


@app.put("/orders/{order_id}", status_code=202)
async def order(order_id: str, basket: Basket, request: Request) -> Standing:
    """Take an order; again with the same items it is the same one, with others a 409."""
    client: AsyncClient = request.app.state.wfx
    wanted = Order(id=order_id, items=basket.items)
    handle = await client.start(checkout.options(id=f"order-{order_id}"), wanted)
    return Standing(status=str(await handle.status()))


@app.get("/orders/{order_id}")
async def standing(order_id: str, request: Request, wait: float = 0) -> Standing:
    """Where an order stands; with `wait`, up to so many seconds later if it is not done."""
    client: AsyncClient = request.app.state.wfx
    handle = await client.get(f"order-{order_id}")
    try:
        receipt = await handle.result(timeout=min(wait, WAIT_MAX))
    except TimeoutError:
        return Standing(status=str(await handle.status()))
    except (RunFailed, RunCancelled, RunParked) as error:
        return Standing(status=error.code)
    return Standing(status="completed", receipt=receipt)


@app.post("/orders/{order_id}/approval", status_code=202)
async def approve(order_id: str, approval: Approval, request: Request) -> None:
    """Answer the question that a large order waits with."""
    await request.app.state.wfx.resume_hook(f"approve-{order_id}", approval)


@app.delete("/orders/{order_id}", status_code=204)
async def cancel(order_id: str, request: Request) -> None:
    """Cancel an order that is not done."""
    await request.app.state.wfx.cancel(f"order-{order_id}", reason="by the customer")
