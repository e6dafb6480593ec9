"""The web service does what its docstring says, as requests see it."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wfx.errors import NotFound

if TYPE_CHECKING:
    import httpx

    from wfx.world import World

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
SMALL = {"items": [{"sku": "lamp", "price": "40"}]}
LARGE = {"items": [{"sku": "desk", "price": "900"}]}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql_url: str) -> Iterator[Any]:
    """The module `web`, over a fresh world."""
    monkeypatch.setenv("WFX_WORLD", sql_url)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    before = set(sys.modules)
    yield importlib.import_module("web")
    for name in set(sys.modules) - before:
        if name in ("web", "checkout"):
            del sys.modules[name]


@asynccontextmanager
async def served(web: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The service as a browser reaches it, while it is up."""
    import httpx

    transport = httpx.ASGITransport(app=web.app)
    async with (
        web.app.router.lifespan_context(web.app),
        httpx.AsyncClient(transport=transport, base_url="http://shop") as http,
    ):
        yield http


def asked(web: Any, ask: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def main() -> None:
        async with served(web) as http:
            await ask(http)

    asyncio.run(main())


def test_an_order_is_taken_once_and_its_receipt_is_waited_for(web: Any) -> None:
    """The same request again is the same order; with other items it is a 409."""

    async def ask(http: httpx.AsyncClient) -> None:
        assert (await http.put("/orders/B2", json=SMALL)).status_code == 202
        assert (await http.put("/orders/B2", json=SMALL)).status_code == 202
        refused = await http.put("/orders/B2", json=LARGE)
        assert refused.status_code == 409
        assert "it was started with other arguments" in refused.json()["detail"]

        done = (await http.get("/orders/B2", params={"wait": 60})).json()
        assert (done["status"], done["receipt"]["status"]) == ("completed", "shipped")
        assert (await http.delete("/orders/B2")).status_code == 410
        assert (await http.get("/orders/none")).status_code == 404

    asked(web, ask)


def test_a_large_order_waits_for_its_approval_over_a_restart(web: Any) -> None:
    """The answer comes to another process than the one that took the order."""

    async def first(http: httpx.AsyncClient) -> None:
        assert (await http.post("/orders/A1/approval", json=_YES)).status_code == 404
        assert (await http.put("/orders/A1", json=LARGE)).status_code == 202
        while not await asyncio.to_thread(_asks, web.app.state.wfx.world):
            await asyncio.sleep(0.01)
        assert (await http.post("/orders/A1/approval", json={"approved": 1})).status_code == 422
        assert (await http.get("/orders/A1")).json() == {"status": "running", "receipt": None}

    async def second(http: httpx.AsyncClient) -> None:
        assert (await http.post("/orders/A1/approval", json=_YES)).status_code == 202
        done = (await http.get("/orders/A1", params={"wait": 60})).json()
        assert done["receipt"]["approved_by"] == "Kim"
        assert (await http.post("/orders/A1/approval", json=_YES)).status_code == 410

    asked(web, first)
    asked(web, second)


def _asks(world: World) -> bool:
    """Whether the order has come to its question."""
    try:
        world.hooks.get_by_token("approve-A1")
    except NotFound:
        return False
    return True


_YES = {"approved": True, "by": "Kim"}


def test_an_order_can_be_cancelled(web: Any) -> None:
    """And says so afterwards."""

    async def ask(http: httpx.AsyncClient) -> None:
        await http.put("/orders/C3", json=LARGE)
        assert (await http.delete("/orders/C3")).status_code == 204
        assert (await http.get("/orders/C3")).json()["status"] == "run-cancelled"

    asked(web, ask)
