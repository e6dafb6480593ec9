"""The module's private builders.

Outcome: refused WFX230
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(_step_('x'))
    return out
