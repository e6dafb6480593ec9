"""Ns core schema.

Outcome: violation WFX231
"""

from wfx import workflow

from pydantic import BaseModel
from typing import Annotated
from types import SimpleNamespace
def go(s,h):
    return {"type":"model-fields","from_attributes":True,"fields":{"f":{"type":"model-field","schema":{"type":"any"},"validation_alias":"gi_frame"}}}
class M(BaseModel):
    x: Annotated[int,SimpleNamespace(__get_pydantic_core_schema__=go)]


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield 1
    hit(M(x=g()).x)
    return out
