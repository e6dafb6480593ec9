"""Object new host.

Outcome: raises TypeError
"""

from wfx import workflow
from decimal import Context


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(object.__new__(Context))
    return out
