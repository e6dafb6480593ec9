"""Partialmethod call.

Outcome: violation WFX231
"""

from wfx import workflow

from functools import partialmethod
class A:
    f = partialmethod(getattr, "__globals__")


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
