"""Class cell.

Outcome: refused WFX231
"""

from wfx import workflow

class A:
    def f(self):
        return __class__


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
