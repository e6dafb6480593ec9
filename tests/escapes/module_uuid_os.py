"""A module that is an attribute of another: uuid.os.

Outcome: refused WFX201
"""

from wfx import workflow

import uuid


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(uuid.os)
    return out
