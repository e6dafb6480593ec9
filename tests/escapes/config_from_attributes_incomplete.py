"""Config from attributes incomplete.

Outcome: violation WFX237
"""

from wfx import workflow

from pydantic import BaseModel, Field
from typing import Any
class M(BaseModel):
    x: Any = Field(alias="gi_frame")
    y: "Later" = None
M.model_config["from_attributes"]=True
class Later(BaseModel):
    z:int


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield 1
    hit(M.model_validate(g()).x)
    return out
