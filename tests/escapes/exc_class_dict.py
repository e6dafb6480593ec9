"""Exc class dict.

Outcome: violation WFX236
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    ValueError.zz=1
    return out
