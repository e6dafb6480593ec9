"""Sorted attrgetter.

Outcome: violation WFX231
"""

from wfx import workflow
from operator import attrgetter
def f(): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(sorted([f],key=attrgetter('__code__')))
    return out
