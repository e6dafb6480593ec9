"""warnings.filters.

Outcome: refused WFX201
"""

from wfx import workflow

import warnings


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(warnings.filters)
    return out
