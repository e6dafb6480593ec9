"""Discriminator alias.

Outcome: violation WFX237
"""

from wfx import workflow

from pydantic import BaseModel, Field
from typing import Any, Literal, Union
class A(BaseModel):
    k: Literal["a"]=Field(alias="__globals__")
class B(BaseModel):
    k: Literal["b"]=Field(alias="__globals__")
class M(BaseModel):
    u: Union[A,B]=Field(discriminator="k")


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import json
    try:
        M(u=json.dumps)
    except ValueError as e:
        out.append(str(e))
    hit(out)
    return out
