"""The class of code objects.

Outcome: violation WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(hit).__init__)
    return out
