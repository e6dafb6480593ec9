"""A hook of json gets only values.

Outcome: ends ['[1]']
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(json.dumps({1}, default=list))
    return out
