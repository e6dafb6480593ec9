"""Userstring unbound.

Outcome: violation WFX231
"""

from wfx import workflow

from collections import UserString
import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(UserString.format_map(UserString("{a.__globals__}"),{"a":json.dumps}))
    return out
