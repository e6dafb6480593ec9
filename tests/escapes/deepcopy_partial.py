"""Deepcopy partial.

Outcome: raises TypeError
"""

from wfx import workflow

from functools import partial
import copy
def seen(memo):
    for k in memo: hit(k)
class A:
    @property
    def __deepcopy__(self): return seen


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    copy.deepcopy([[1],A()])
    return out
