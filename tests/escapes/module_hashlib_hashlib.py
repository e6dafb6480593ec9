"""A module that is an attribute of another: hashlib._hashlib.

Outcome: violation WFX243
"""

from wfx import workflow

import hashlib


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(hashlib._hashlib)
    return out
