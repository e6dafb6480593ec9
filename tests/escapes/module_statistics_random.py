"""A module that is an attribute of another: statistics.random.

Outcome: refused WFX201
"""

from wfx import workflow

import statistics


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(statistics.random)
    return out
