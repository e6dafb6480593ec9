"""Range turns.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    for i in range(hit.__globals__): pass
    for i in range(*[hit.__code__.co_argcount]): pass
    return out
