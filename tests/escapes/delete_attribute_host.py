"""del of an attribute of a facade.

Outcome: violation WFX236
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    del json.dumps
    hit(1)
    return out
