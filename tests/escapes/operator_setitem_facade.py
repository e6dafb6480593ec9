"""Operator setitem facade.

Outcome: raises TypeError
"""

from wfx import workflow

import operator, json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    operator.setitem(json,"a",1)
    return out
