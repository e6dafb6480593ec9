"""A module that is an attribute of another: decimal._decimal.

Outcome: violation WFX243
"""

from wfx import workflow

import decimal


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(decimal._decimal)
    return out
