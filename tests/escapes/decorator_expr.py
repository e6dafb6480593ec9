"""Decorator expr.

Outcome: refused WFX231
"""

from wfx import workflow

@(lambda f: f.__globals__)
def q(): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(q)
    return out
