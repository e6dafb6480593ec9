"""iter() over os.environ.

Outcome: violation WFX211
"""

from wfx import workflow

import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(list(iter(os.environ)))
    return out
