"""Setattr own mark.

Outcome: refused WFX230
"""

from wfx import workflow
class A: pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    A._abc_wfx_own_ = True
    hit(1)
    return out
