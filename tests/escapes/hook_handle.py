"""The handle behind a hook class.

Outcome: violation WFX243
"""

from wfx import workflow

from wfx import Hook


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(Hook._next)
    return out
