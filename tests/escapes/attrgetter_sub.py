"""Attrgetter sub.

Outcome: raises TypeError
"""

from wfx import workflow

from operator import attrgetter
class S(str):
    def split(self,*a): return ["__name__"]


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(attrgetter(S("__globals__"))(hit))
    return out
