"""__import__.__self__ is builtins.

Outcome: refused WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(len.__self__)
    return out
