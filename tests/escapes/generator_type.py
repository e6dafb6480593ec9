"""The class of generators has gi_frame.

Outcome: refused WFX232
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(x for x in []).gi_frame)
    return out
