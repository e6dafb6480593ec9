"""A private attribute of a host object.

Outcome: violation WFX243
"""

from wfx import workflow

from contextvars import ContextVar
from random import Random


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(Random(1)._core)
    return out
