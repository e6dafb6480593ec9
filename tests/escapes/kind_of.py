"""Kind of.

Outcome: violation WFX243
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    K=type(hit)
    hit(getattr(K,"_of"))
    return out
