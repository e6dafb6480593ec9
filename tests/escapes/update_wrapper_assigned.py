"""functools.update_wrapper copies any attribute.

Outcome: refused WFX201
"""

from wfx import workflow

import functools


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(functools.update_wrapper(hit, hit, assigned=("__globals__",)))
    return out
