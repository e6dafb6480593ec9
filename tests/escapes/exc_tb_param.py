"""Exc tb param.

Outcome: refused WFX232
"""

from wfx import workflow
class C:
    async def __aenter__(s): return s
    async def __aexit__(s,a,b,tb): hit(tb.tb_next); return True


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    async with C():
        1/0
    return out
