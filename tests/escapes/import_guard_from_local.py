"""A guard taken from a sibling module.

Outcome: refused WFX230
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    from flow import _getattr_ as g
    hit(g)
    return out
