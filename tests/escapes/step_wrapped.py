"""__wrapped__ of a step.

Outcome: refused WFX231
"""

from wfx import workflow

from wfx import step
@step
def s():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(s.__wrapped__)
    return out
