"""Reduce getattr.

Outcome: violation WFX231
"""

from wfx import workflow
from functools import reduce
def f(): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(reduce(getattr,['__globals__','x'],f))
    return out
