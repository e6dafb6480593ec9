"""Setattr split.

Outcome: violation WFX230
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    g=ExceptionGroup("a",[ValueError(1)])
    setattr(g,"spl"+"it",lambda t:(1,2))
    hit(g)
    return out
