"""Namedtuple make new.

Outcome: refused WFX231
"""

from wfx import workflow
from collections import namedtuple


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    P=namedtuple('P','a')
    hit(P.__new__.__globals__)
    return out
