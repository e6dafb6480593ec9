"""Date subclass reduce.

Outcome: refused WFX231
"""

from wfx import workflow
from datetime import datetime


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(datetime(2026,1,1).__reduce__())
    return out
