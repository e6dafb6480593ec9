"""type(n, b, d).

Outcome: violation WFX234
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type('A', (), {'__reduce__': 1}))
    return out
