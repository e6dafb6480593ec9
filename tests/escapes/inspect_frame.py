"""inspect.

Outcome: refused WFX201
"""

from wfx import workflow

import inspect


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(inspect.currentframe())
    return out
