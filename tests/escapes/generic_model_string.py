"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from pydantic import BaseModel
from typing import Generic,TypeVar
T=TypeVar('T')
class B(BaseModel,Generic[T]):
    x:T


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    S='type(print.__self__.__name__)'
    hit(B[S])
    return out
