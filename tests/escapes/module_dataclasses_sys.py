"""A module that is an attribute of another: dataclasses.sys.

Outcome: refused WFX201
"""

from wfx import workflow

import dataclasses


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(dataclasses.sys)
    return out
