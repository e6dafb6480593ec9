"""A class pattern reads gi_frame.

Outcome: refused WFX237
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match (x for x in []):
        case object(gi_frame=g):
            hit(g)
    return out
