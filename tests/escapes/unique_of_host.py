"""enum.unique of a class of the host.

Outcome: violation WFX236
"""

from wfx import workflow

from enum import unique
from decimal import Decimal


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(unique(Decimal))
    return out
