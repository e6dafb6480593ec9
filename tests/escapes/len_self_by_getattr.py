"""The same with a computed name.

Outcome: violation WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(len, "__se" + "lf__"))
    return out
