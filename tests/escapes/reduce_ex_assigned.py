"""__reduce_ex__ assigned in the class body.

Outcome: refused WFX231
"""

from wfx import workflow

import copy
class A:
    __reduce_ex__ = lambda self, p: (hit, (1,))


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    copy.copy(A())
    return out
