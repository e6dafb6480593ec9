"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from typing import TypeVar,Generic
from pydantic import BaseModel


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    T=TypeVar('T',bound='type(__import__("os").sep)')
    class M(BaseModel,Generic[T]):
        t: T
    hit(M(t='x'))
    return out
