"""wfx itself is a facade.

Outcome: refused WFX201
"""

from wfx import workflow

import wfx


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(wfx.context)
    return out
