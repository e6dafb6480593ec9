"""Recv generator default.

Outcome: violation WFX243
"""

from wfx import workflow

import asyncio
class A:
    def f(self, g=lambda self: self._loop):
        self._y = 1
        return g(asyncio.current_task())


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
