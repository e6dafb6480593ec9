"""Genericalias now.

Outcome: violation WFX236
"""

from wfx import workflow

import types
from datetime import datetime


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    t = (types.GenericAlias(datetime,int).now())
    if t.month != 1:
        hit(t)
    return out
