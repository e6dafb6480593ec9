"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from pydantic import BaseModel, PlainSerializer
from typing import Annotated


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    S='type(print.__self__.__name__)'
    class M(BaseModel):
        x: Annotated[int, PlainSerializer(str, return_type=S)]
    hit(M)
    return out
