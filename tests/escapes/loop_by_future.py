"""Loop by future.

Outcome: refused WFX232
"""

from wfx import workflow
import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    f=asyncio.Future()
    hit(f.get_loop())
    return out
