"""Timeout internals.

Outcome: violation WFX243
"""

from wfx import workflow
import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(asyncio.timeout(1)._task)
    return out
