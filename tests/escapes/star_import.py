"""from x import *.

Outcome: refused WFX242
"""

from wfx import workflow

from json import *


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(dumps)
    return out
