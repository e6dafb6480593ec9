"""Recv comp.

Outcome: violation WFX243
"""

from wfx import workflow

import asyncio
class A:
    def f(self):
        return [self._loop for self in [asyncio.current_task()]]


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
