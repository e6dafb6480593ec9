"""Match for.

Outcome: violation WFX237
"""

from wfx import workflow

from typing import Protocol, runtime_checkable, Any
@runtime_checkable
class P(Protocol):
    for __match_args__ in [("gi_frame",)]:
        pass
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
