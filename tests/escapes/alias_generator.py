"""Alias generator.

Outcome: violation WFX237
"""

from wfx import workflow

from pydantic import BaseModel, Field, ConfigDict
from typing import Any, Literal, Union
class A(BaseModel):
    model_config=ConfigDict(alias_generator=lambda n: "__dict__")
    k: Literal["a"]
class B(BaseModel):
    model_config=ConfigDict(alias_generator=lambda n: "__dict__")
    k: Literal["b"]
class M(BaseModel):
    u: Union[A,B]=Field(discriminator="k")


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import json
    try:
        M(u=json)
    except ValueError as e:
        hit(str(e))
    return out
