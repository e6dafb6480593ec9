"""Own enum attr class.

Outcome: refused WFX233
"""

from wfx import workflow

from enum import Enum
class E(Enum):
    A=1
    def __reduce_ex__(self,p): return 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(E)
    return out
