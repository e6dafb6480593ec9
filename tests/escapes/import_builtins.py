"""The builtins module.

Outcome: refused WFX201
"""

from wfx import workflow

import builtins


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(builtins.open)
    return out
