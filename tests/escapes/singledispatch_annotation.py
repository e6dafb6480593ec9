"""singledispatch evaluates annotations.

Outcome: refused WFX238
"""

from wfx import workflow

from functools import singledispatch
@singledispatch
def f(x):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    @f.register
    def g(x: "hit(1)"):
        pass
    hit(1)
    return out
