"""Lambda default.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    f=lambda x=hit.__globals__: x
    hit(f())
    return out
