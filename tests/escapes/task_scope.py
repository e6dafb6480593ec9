"""Task scope.

Outcome: raises AttributeError
"""

from wfx import workflow

import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    t=asyncio.current_task()
    hit(t.scope)
    return out
