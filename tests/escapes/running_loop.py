"""asyncio.get_running_loop.

Outcome: refused WFX201
"""

from wfx import workflow

import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(asyncio.get_running_loop())
    return out
