"""type.mro.

Outcome: refused WFX232
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(int.mro())
    return out
