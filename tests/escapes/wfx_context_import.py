"""The core's context module.

Outcome: refused WFX201
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    from wfx.context import current
    hit(current())
    return out
