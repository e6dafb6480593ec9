"""asyncio.to_thread.

Outcome: refused WFX201
"""

from wfx import workflow

import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(await asyncio.to_thread(hit, 1))
    return out
