"""A guard called by its name.

Outcome: refused WFX230
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(_getattr_(1, '__class__'))
    return out
