"""Map key.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(sorted([1],key=hit.__globals__.get))
    out.append(list(map(hit.__globals__.get,[1])))
    return out
