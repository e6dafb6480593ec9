"""Random type core.

Outcome: violation WFX235
"""

from wfx import workflow
import random
class R(random.Random):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(R(1)._core)
    return out
