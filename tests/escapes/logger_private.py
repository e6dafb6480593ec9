"""Logger private.

Outcome: refused WFX231
"""

from wfx import workflow

import logging


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(logging.getLogger("a")._emit.__func__)
    return out
