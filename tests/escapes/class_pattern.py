"""A class pattern reads any attribute.

Outcome: refused WFX237
"""

from wfx import workflow

def f():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match f:
        case object(__globals__=g):
            hit(g)
    return out
