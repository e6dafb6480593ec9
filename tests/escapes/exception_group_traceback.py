"""with_traceback.

Outcome: refused WFX232
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(ValueError().with_traceback)
    return out
