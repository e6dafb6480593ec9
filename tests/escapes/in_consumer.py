"""In consumer.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(list(hit.__globals__.keys()))
    out.append(sum(x.__class__.__base__ for x in [1]))
    return out
