"""A type parameter named like a guard is refused where the syntax exists.

Outcome: ends ['_getattr_']
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    from typing import TypeVar
    out.append(TypeVar('_getattr_').__name__)
    return out
