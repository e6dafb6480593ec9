"""property.fget is own, its globals are not for reading.

Outcome: refused WFX231
"""

from wfx import workflow

class A:
    @property
    def x(self):
        return 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A.x.fget.__globals__)
    return out
