"""Named tuple names.

Outcome: violation WFX237
"""

from wfx import workflow

from collections import namedtuple


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    N=namedtuple("N","gi_frame")
    hit(N)
    return out
