"""The same in other letters.

Outcome: refused WFX210
"""

from wfx import workflow

import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(os.getenv('db_password'))
    return out
