"""Recv nested def.

Outcome: violation WFX243
"""

from wfx import workflow

class A:
    def f(self):
        def g(self):
            return self._home
        import asyncio
        return g(asyncio.current_task())


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
