"""Protocol now.

Outcome: violation WFX237
"""

from wfx import workflow

from typing import Protocol, runtime_checkable
from datetime import datetime
@runtime_checkable
class P(Protocol):
    x, __match_args__ = 1, ("now",)
    def fromisoformat(self): ...


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match datetime:
        case P(n): hit(n())
    return out
