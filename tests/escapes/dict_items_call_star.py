"""Dict items call star.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        {}.keys(*hit.__globals__)
    except TypeError: pass
    return out
