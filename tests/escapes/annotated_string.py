"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from typing import Annotated
from pydantic import BaseModel


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    S='type(print.__self__.__name__)'
    O=Annotated[S,1]
    class M(BaseModel):
        t: O
    hit(M)
    return out
