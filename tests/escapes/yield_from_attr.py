"""Yield from attr.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield from hit.__globals__
    hit(list(g()))
    return out
