"""A module that is an attribute of another: contextlib.os.

Outcome: refused WFX201
"""

from wfx import workflow

import contextlib


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(contextlib.os)
    return out
