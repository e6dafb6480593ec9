"""__bases__.

Outcome: refused WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(int.__bases__)
    return out
