"""Contextvar token.

Outcome: refused WFX231
"""

from wfx import workflow
from contextvars import ContextVar


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    v=ContextVar('x')
    t=v.set(1)
    hit(t.old_value.__class__.__mro__)
    return out
