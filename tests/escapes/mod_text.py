"""Mod text.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append("%s" % hit.__globals__)
    x="a"
    x %= hit.__globals__
    return out
