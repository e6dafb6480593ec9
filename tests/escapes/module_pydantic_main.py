"""A module that is an attribute of another: pydantic.main.

Outcome: refused WFX201
"""

from wfx import workflow

import pydantic


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(pydantic.main)
    return out
