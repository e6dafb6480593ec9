"""types.FunctionType.

Outcome: refused WFX201
"""

from wfx import workflow

import types


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(types.FunctionType)
    return out
