"""__match_args__ computed.

Outcome: refused WFX237
"""

from wfx import workflow

N = '__glo' + 'bals__'
class A:
    __match_args__ = (N,)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match A():
        case A(g):
            hit(g)
    return out
