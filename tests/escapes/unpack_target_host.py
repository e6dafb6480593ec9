"""Unpacking stores too.

Outcome: violation WFX236
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    json.dumps, x = 1, 2
    hit(1)
    return out
