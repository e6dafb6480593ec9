"""asyncio.Task as a base.

Outcome: violation WFX235
"""

from wfx import workflow

import asyncio
class Q(asyncio.Task):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(Q)
    return out
