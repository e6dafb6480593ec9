"""Enum functional dunder.

Outcome: violation WFX234
"""

from wfx import workflow

from enum import Enum
import copy, uuid
E=Enum("E",{"__deepcopy__":None,"__copy__":None,"__reduce_ex__":lambda s,p:(lambda: uuid.UUID,(),(None,{"zzz":1})),"A":1})


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    copy.copy(E.A)
    hit(uuid.UUID.zzz)
    return out
