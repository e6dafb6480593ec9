"""Typing namedtuple names.

Outcome: violation WFX237
"""

from wfx import workflow

from typing import NamedTuple
class N(NamedTuple):
    gi_frame:int


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match N(1):
        case N(x): out.append(x)
    return out
