"""Changelog 8.5: ag_frame was missing from the list.

Outcome: refused WFX232
"""

from wfx import workflow

async def ag():
    yield 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(ag().ag_frame.f_globals)
    return out
