"""Set display.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append({hit.__code__})
    out.append({hit.__code__ for x in [1]})
    return out
