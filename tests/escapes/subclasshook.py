"""__subclasshook__ makes foreign classes match.

Outcome: refused WFX233
"""

from wfx import workflow

from abc import ABC
class A(ABC):
    @classmethod
    def __subclasshook__(cls, c):
        return True


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A())
    return out
