"""Recv vararg.

Outcome: violation WFX243
"""

from wfx import workflow

import asyncio
class A:
    def f(*self):
        return self._x
    def g(self, /):
        self._y=1
        def h(*self): return self[0]._loop
        return h(asyncio.current_task())


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().g())
    return out
