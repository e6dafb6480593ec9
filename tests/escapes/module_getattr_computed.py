"""The same with a computed name.

Outcome: violation WFX201
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(json, "cod" + "ecs"))
    return out
