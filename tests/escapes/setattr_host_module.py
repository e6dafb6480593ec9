"""A store on a facade.

Outcome: violation WFX236
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    json.dumps = hit
    hit(1)
    return out
