"""Exc kwargs split.

Outcome: violation WFX230
"""

from wfx import workflow

class G(ExceptionGroup):
    def __init__(self,*a,**k):
        for n in k: 
            super().__setattr__(n,k[n])


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    g=G("a",[ValueError(1)],split=1)
    hit(g)
    return out
