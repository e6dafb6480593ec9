"""A module that is an attribute of another: enum.sys.

Outcome: refused WFX201
"""

from wfx import workflow

import enum


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(enum.sys)
    return out
