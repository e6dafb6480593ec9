"""Recv decorator inner.

Outcome: violation WFX243
"""

from wfx import workflow

import asyncio
class A:
    def f(self):
        self._y = 1
        def g(x, *, self):
            return self._loop
        return g(1, self=asyncio.current_task())


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
