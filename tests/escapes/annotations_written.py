"""__annotations__ written by hand.

Outcome: refused WFX231
"""

from wfx import workflow

class A:
    __annotations__ = {'x': 'y'}


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A)
    return out
