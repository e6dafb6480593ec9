"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from typing import NamedTuple


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    T=NamedTuple('T',[('a','print(1)')])
    from pydantic import BaseModel
    class M(BaseModel):
        t: T
    hit(M)
    return out
