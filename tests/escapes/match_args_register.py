"""ABC.register makes foreign classes match.

Outcome: violation WFX231
"""

from wfx import workflow

from abc import ABC
class A(ABC):
    gi_frame = None


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    A.register(type(x for x in []))
    hit(1)
    return out
