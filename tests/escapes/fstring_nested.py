"""Fstring nested.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(f"{(lambda: hit.__globals__)()!r:>{1}}")
    return out
