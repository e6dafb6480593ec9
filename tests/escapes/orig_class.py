"""Orig class.

Outcome: violation WFX236
"""

from wfx import workflow

from typing import Generic, TypeVar
import uuid
T=TypeVar("T")
class A(Generic[T]):
    def __new__(cls): return uuid.UUID


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    A[int]()
    hit(getattr(uuid.UUID,"__orig_class__",None))
    return out
