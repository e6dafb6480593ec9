"""A store on a class of the host.

Outcome: violation WFX236
"""

from wfx import workflow

from decimal import Decimal


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    Decimal.x = 1
    hit(1)
    return out
