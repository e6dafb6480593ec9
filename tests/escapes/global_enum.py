"""enum.global_enum writes into modules.

Outcome: refused WFX201
"""

from wfx import workflow

from enum import global_enum


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(global_enum)
    return out
