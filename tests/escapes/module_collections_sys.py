"""A module that is an attribute of another: collections._sys.

Outcome: violation WFX243
"""

from wfx import workflow

import collections


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(collections._sys)
    return out
