"""Algos.

Outcome: raises AttributeError
"""

from wfx import workflow

import hashlib


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hashlib.algorithms_guaranteed.add("x")
    hit(hashlib.algorithms_guaranteed)
    return out
