"""A store on a step's stand-in.

Outcome: violation WFX236
"""

from wfx import workflow

from wfx import step
@step
async def s():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    s.x = 1
    hit(1)
    return out
