"""Match ann.

Outcome: violation WFX237
"""

from wfx import workflow

from typing import Protocol, runtime_checkable, Any
@runtime_checkable
class P(Protocol):
    __match_args__: Any = ("gi_frame",)
    gi_frame: Any


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
