"""Setattr hook split.

Outcome: violation WFX230
"""

from wfx import workflow

class G(ExceptionGroup):
    def __setattr__(self,n,v):
        super().__setattr__("spl"+"it",v)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    g=G("a",[ValueError(1)])
    g.x=lambda t:(1,2)
    hit(g)
    return out
