"""The process's decimal context.

Outcome: refused WFX201
"""

from wfx import workflow

import decimal


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    decimal.DefaultContext.prec = 3
    hit(1)
    return out
