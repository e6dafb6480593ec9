"""os.environ written.

Outcome: violation WFX208
"""

from wfx import workflow

import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    os.environ['WFX_CANARY'] = '1'
    hit(1)
    return out
