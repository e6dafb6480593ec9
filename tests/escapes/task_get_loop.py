"""Task.get_loop.

Outcome: refused WFX232
"""

from wfx import workflow

import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(asyncio.current_task().get_loop())
    return out
