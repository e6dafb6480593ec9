"""Func kind base.

Outcome: violation WFX235
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    K=type(hit)
    class X(K): pass
    hit(X)
    return out
