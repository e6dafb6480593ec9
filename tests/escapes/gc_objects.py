"""gc.

Outcome: refused WFX201
"""

from wfx import workflow

import gc


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(gc.get_objects())
    return out
