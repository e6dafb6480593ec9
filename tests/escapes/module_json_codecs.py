"""A module that is an attribute of another: json.codecs.

Outcome: refused WFX201
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(json.codecs)
    return out
