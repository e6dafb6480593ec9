"""CVE-2024-47532: AttributeError.obj leaks the object.

Outcome: violation WFX201
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        getattr(json, "nope_nope")
    except AttributeError as e:
        hit(e.obj)
    return out
