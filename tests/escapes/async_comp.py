"""Async comp.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    async def ag():
        yield 1
    out.append([x.__class__.__base__ async for x in ag()])
    return out
