"""A module that is an attribute of another: random._os.

Outcome: violation WFX243
"""

from wfx import workflow

import random


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(random._os)
    return out
