"""A function of a refused kind.

Outcome: refused WFX201
"""

from wfx import workflow

from os import system


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(system("true"))
    return out
