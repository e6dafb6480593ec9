"""string.Formatter by name.

Outcome: refused WFX201
"""

from wfx import workflow

from string import Formatter


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(Formatter().format("{0.__class__}", 1))
    return out
