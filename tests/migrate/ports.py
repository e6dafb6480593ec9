"""
Ports of the recorded workflows that end by themselves, under their recorded names.

They pin the names of the old program, so that nothing has to be bound. Their steps are
never called: a replay has all their outcomes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from wfx import Step, aio, create_hook, step, workflow
from wfx.context import current
from wfx.errors import FatalError
from wfx.testing.plain import PlainProgram

FLOW = "workflow//workflows/flows.ts//"
STEP = "step//workflows/flows.ts//"


def _step(name: str) -> Step[..., Any]:
    async def body(*args: object) -> Any:
        raise AssertionError

    return step(name=STEP + name)(body)


add, nothing, slow_square = _step("add"), _step("nothing"), _step("slowSquare")
flaky, always_fails, fatal = _step("flaky"), _step("alwaysFails"), _step("fatal")


@workflow(name=f"{FLOW}empty")
async def empty() -> None:
    """Does nothing."""


@workflow(name=f"{FLOW}sequence")
async def sequence(start: int) -> dict[str, int]:
    """One after the other."""
    a = await add(start, 1)
    b = await add(a, 2)
    c = await add(b, 3)
    await nothing()
    return {"a": a, "b": b, "c": c}


@workflow(name=f"{FLOW}parallel")
async def parallel(count: int) -> dict[str, Any]:
    """All at once."""
    squares = await aio.gather(*(slow_square(i) for i in range(count)))
    return {"sum": await add(0, squares[-1]["square"]), "all": squares}


@workflow(name=f"{FLOW}retryThenOk")
async def retry_then_ok() -> dict[str, Any]:
    """A step that succeeds at its third attempt."""
    r = await flaky("one")
    return {"r": r, "s": await add(r["attempt"], 1)}


@workflow(name=f"{FLOW}retryExhausted")
async def retry_exhausted(caught: bool) -> None:
    """A step that never does."""
    await always_fails("uncaught")


@workflow(name=f"{FLOW}fatalCaught")
async def fatal_caught() -> dict[str, Any]:
    """An error that is caught."""
    caught = None
    try:
        await fatal("caught by workflow")
    except FatalError as error:
        caught = f"FatalError: {error}"
    return {"caught": caught, "isFatal": True, "after": await add(1, 2)}


@workflow(name=f"{FLOW}fatalUncaught")
async def fatal_uncaught() -> None:
    """An error that is not."""
    await add(1, 1)
    await fatal("fails the run")


@workflow(name=f"{FLOW}throws")
async def throws(where: str) -> None:
    """The workflow's own error."""
    await add(1, 1)
    raise ValueError("deep error from workflow")


@workflow(name=f"{FLOW}throwsAtOnce")
async def throws_at_once() -> None:
    """Before anything."""
    raise RuntimeError("thrown before any step")


@workflow(name=f"{FLOW}sleeper")
async def sleeper() -> dict[str, int]:
    """A sleep for a while, and one until a moment."""
    before = await add(1, 0)
    await aio.sleep(2)
    after = await add(before, 1)
    run = current()
    assert run is not None
    until = datetime.fromtimestamp(run.now_us() / 1e6, UTC) + timedelta(seconds=1.5)
    await aio.sleep(until.timestamp() - run.now_us() / 1e6)
    return {"before": before, "after": after}


@workflow(name=f"{FLOW}hooks")
async def hooks(token: str, count: int) -> list[object]:
    """Three payloads, a step after each."""
    metadata = {"who": "tester", "when": datetime.fromtimestamp(0, UTC), "n": count}
    payloads: list[object] = []
    async with create_hook(token, metadata=metadata) as hook:
        async for payload in hook:
            payloads.append(payload)
            await add(len(payloads), 0)
            if len(payloads) == count:
                break
    return payloads


PROGRAM = PlainProgram(
    *(add, nothing, slow_square, flaky, always_fails, fatal, empty, sequence, parallel),
    *(retry_then_ok, retry_exhausted, fatal_caught, fatal_uncaught, throws, throws_at_once),
    *(sleeper, hooks),
)
