"""List meta mutable.

Outcome: violation WFX231
"""

from wfx import workflow

from pydantic import BaseModel
from typing import Annotated
class Own:
    pass
o=Own()
class M(BaseModel):
    x: Annotated[int,o]
    y: "Later" = None
class Later(BaseModel):
    z:int=1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    setattr(o,"__get_pydantic_core_schema__",lambda s,h: {"type":"any"})
    return out
