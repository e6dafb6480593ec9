"""A with statement stores too.

Outcome: violation WFX236
"""

from wfx import workflow

import json
from contextlib import nullcontext


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    with nullcontext(1) as json.dumps:
        hit(1)
    return out
