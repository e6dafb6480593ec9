"""partial.func of a host function.

Outcome: refused WFX231
"""

from wfx import workflow

from functools import partial
import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(partial(json.dumps).func.__globals__)
    return out
