"""__build_class__ by name.

Outcome: refused WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(__build_class__)
    return out
