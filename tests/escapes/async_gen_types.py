"""Async gen types.

Outcome: refused WFX232
"""

from wfx import workflow
async def f():
    yield 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(f()).ag_frame)
    return out
