"""__class__ assigned.

Outcome: refused WFX231
"""

from wfx import workflow

class A:
    pass
class B:
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    A().__class__ = B
    hit(1)
    return out
