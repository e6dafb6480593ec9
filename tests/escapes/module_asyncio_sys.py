"""A module that is an attribute of another: asyncio.sys.

Outcome: refused WFX201
"""

from wfx import workflow

import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(asyncio.sys)
    return out
