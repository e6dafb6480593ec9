"""A module that is an attribute of another: re.enum.

Outcome: refused WFX201
"""

from wfx import workflow

import re


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(re.enum)
    return out
