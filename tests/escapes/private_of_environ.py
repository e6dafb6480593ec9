"""The patterns behind os.environ.

Outcome: violation WFX243
"""

from wfx import workflow

import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(os.environ._patterns)
    return out
