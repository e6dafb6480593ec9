"""copy.copy trusts __reduce_ex__.

Outcome: refused WFX233
"""

from wfx import workflow

import copy
class A:
    def __reduce_ex__(self, p):
        return (hit, (1,))


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    copy.copy(A())
    return out
