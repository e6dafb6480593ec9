"""Function annotations are never evaluated.

Outcome: ends [1]
"""

from __future__ import annotations
from wfx import workflow

def f(x: hit2(1)) -> hit2(2):
    return 1
def hit2(n):
    raise SystemExit


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(f(1))
    return out
