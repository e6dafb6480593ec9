"""The metaclass of Enum, called.

Outcome: violation WFX234
"""

from wfx import workflow

from enum import Enum
class E(Enum):
    A = 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(E)('F', (), {}))
    return out
