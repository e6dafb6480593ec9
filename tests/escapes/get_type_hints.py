"""typing.get_type_hints evaluates text.

Outcome: refused WFX201
"""

from wfx import workflow

import typing


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(typing.get_type_hints)
    return out
