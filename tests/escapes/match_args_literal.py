"""__match_args__ names the attribute.

Outcome: refused WFX237
"""

from wfx import workflow

class A:
    __match_args__ = ('__globals__',)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match A():
        case A(g):
            hit(g)
    return out
