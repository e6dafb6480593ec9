"""typing.ForwardRef evaluates text.

Outcome: refused WFX201
"""

from wfx import workflow

from typing import ForwardRef


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(ForwardRef('1')._evaluate({}, {}, frozenset()))
    return out
