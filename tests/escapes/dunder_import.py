"""__import__ by name.

Outcome: refused WFX203 WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(__import__("os"))
    return out
