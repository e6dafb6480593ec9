"""make_dataclass generates code.

Outcome: refused WFX201
"""

from wfx import workflow

from dataclasses import make_dataclass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(make_dataclass('A', ['x']))
    return out
