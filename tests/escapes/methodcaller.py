"""operator.methodcaller calls by name.

Outcome: violation WFX231
"""

from wfx import workflow

import operator


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(operator.methodcaller("__reduce_ex__", 2)(object()))
    return out
