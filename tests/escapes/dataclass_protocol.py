"""Dataclass protocol.

Outcome: violation WFX230
"""

from wfx import workflow

from typing import Protocol, runtime_checkable, Any
from dataclasses import dataclass
@runtime_checkable
@dataclass
class P(Protocol):
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
