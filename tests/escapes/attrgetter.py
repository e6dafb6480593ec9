"""operator.attrgetter reads by name.

Outcome: violation WFX231
"""

from wfx import workflow

import operator


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(operator.attrgetter("__globals__")(hit))
    return out
