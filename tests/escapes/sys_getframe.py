"""sys._getframe.

Outcome: violation WFX243
"""

from wfx import workflow

import sys


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(sys._getframe())
    return out
