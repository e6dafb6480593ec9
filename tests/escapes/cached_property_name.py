"""Cached property name.

Outcome: raises TypeError
"""

from wfx import workflow

from functools import cached_property
class A:
    __deepcopy__ = cached_property(lambda s: (lambda memo: hit(list(memo))))


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import copy
    copy.deepcopy([[1],A()])
    return out
