"""Getattr name confuse.

Outcome: violation WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    class S(str):
        def __eq__(self,o): return True
        __hash__=str.__hash__
    hit(getattr(hit,S("__globals__")))
    return out
