"""Comp class scope.

Outcome: refused WFX230
"""

from wfx import workflow

class A:
    _getattr_ = 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A)
    return out
