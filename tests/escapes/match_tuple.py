"""Match tuple.

Outcome: violation WFX237
"""

from wfx import workflow

from typing import Protocol, runtime_checkable, Any
@runtime_checkable
class P(Protocol):
    a, __match_args__ = 1, ("gi_frame",)
    def send(self,x): ...


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield 1
    match g():
        case P(f): hit(f)
    return out
