"""total_ordering changes a class.

Outcome: violation WFX236
"""

from wfx import workflow

from functools import total_ordering


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(total_ordering(ValueError))
    return out
