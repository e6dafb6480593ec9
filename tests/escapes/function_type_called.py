"""The class of functions makes functions.

Outcome: violation WFX234
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(hit)(hit, {}))
    return out
