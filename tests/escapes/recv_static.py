"""Recv static.

Outcome: violation WFX243
"""

from wfx import workflow

import asyncio
class A:
    @staticmethod
    def f(self):
        return self._loop


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A.f(asyncio.current_task()))
    return out
