"""Computed bases.

Outcome: refused WFX234
"""

from wfx import workflow

B = [object]
class A(*B):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A)
    return out
