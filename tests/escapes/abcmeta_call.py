"""Abcmeta call.

Outcome: violation WFX234
"""

from wfx import workflow

from abc import ABCMeta


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    X=ABCMeta("X",(),{"__match_args__":("gi_frame",),"__subclasshook__":classmethod(lambda c,s:True)})
    def g():
        yield 1
    match g():
        case X(f): hit(f)
    return out
