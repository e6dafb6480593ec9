"""Assert msg.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    assert False, hit.__globals__
    return out
