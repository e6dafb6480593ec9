"""Random core state.

Outcome: violation WFX243
"""

from wfx import workflow

import random


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    r=random.Random(1)
    hit(r._core)
    return out
