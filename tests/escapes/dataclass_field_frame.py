"""A dataclass field named gi_frame gives __match_args__ of that name.

Outcome: violation WFX230
"""

from wfx import workflow

from dataclasses import dataclass
from abc import ABC
@dataclass
class A(ABC):
    gi_frame: int


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match A(1):
        case A(g):
            out.append(g)
    return out
