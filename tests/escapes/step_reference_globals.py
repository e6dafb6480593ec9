"""The function behind a step.

Outcome: refused WFX231
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
    hit(s.__globals__)
    return out
