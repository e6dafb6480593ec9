"""Type facade call.

Outcome: violation WFX234
"""

from wfx import workflow
import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(json)('os',{}))
    return out
