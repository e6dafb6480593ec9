"""New partial.

Outcome: violation WFX233
"""

from wfx import workflow

from typing import Generic, TypeVar
from functools import partial
import logging
T=TypeVar("T")
class A(Generic[T]):
    __new__ = partial(lambda *a: logging.Logger)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    A[int]()
    hit(A)
    return out
