"""Aio task private.

Outcome: refused WFX232
"""

from wfx import workflow
import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    async def f(): pass
    t=asyncio.create_task(f())
    await t
    hit(t.get_coro)
    return out
