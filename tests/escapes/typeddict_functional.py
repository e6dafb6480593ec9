"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from typing import TypedDict


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    T=TypedDict('T',{'a':'__import__("os")'})
    from pydantic import BaseModel
    class M(BaseModel):
        t: T
    hit(M)
    return out
