"""A module that is an attribute of another: datetime.sys.

Outcome: refused WFX201
"""

from wfx import workflow

import datetime


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(datetime.sys)
    return out
