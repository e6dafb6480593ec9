"""Ordered private.

Outcome: violation WFX243
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit({1}._order)
    return out
