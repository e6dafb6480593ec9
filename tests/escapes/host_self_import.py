"""The host's load of the same module.

Outcome: refused WFX201
"""

from wfx import workflow

import sys


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(sys.modules["flow"])
    return out
