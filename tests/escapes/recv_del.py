"""Recv del.

Outcome: violation WFX243
"""

from wfx import workflow

import asyncio
class A:
    def f(self):
        del self
        self = asyncio.current_task()
        return self._loop


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
