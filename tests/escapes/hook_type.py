"""Hook type.

Outcome: violation WFX243
"""

from wfx import workflow
import wfx


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(wfx.Hook(None,None)._handle)
    return out
