"""Deepcopy partial2.

Outcome: raises TypeError
"""

from wfx import workflow

from functools import partial
import copy
def seen(memo):
    hit([k for k in memo])
class A:
    __deepcopy__ = partial(seen)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    copy.deepcopy([[1],A()])
    return out
