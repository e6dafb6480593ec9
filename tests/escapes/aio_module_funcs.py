"""Aio module funcs.

Outcome: violation WFX231
"""

from wfx import workflow
import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(asyncio.sleep,'__globals__'))
    return out
