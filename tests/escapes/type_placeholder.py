"""Type placeholder.

Outcome: refused WFX203
"""

from wfx import workflow
import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(open)('a','b'))
    return out
