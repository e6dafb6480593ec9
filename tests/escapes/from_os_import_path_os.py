"""os.path.os is os.

Outcome: refused WFX201
"""

from wfx import workflow

import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(os.path.os)
    return out
