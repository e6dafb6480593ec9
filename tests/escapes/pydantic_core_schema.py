"""Pydantic core schema.

Outcome: refused WFX231
"""

from wfx import workflow
from pydantic import BaseModel
class M(BaseModel):
    x:int


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M.__pydantic_validator__)
    return out
