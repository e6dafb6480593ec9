"""Getattr core schema.

Outcome: raises ValidationError
"""

from wfx import workflow

from pydantic import BaseModel
from typing import Annotated
class E:
    def __getattr__(self,n):
        if n=="__get_pydantic_core_schema__":
            return self.go
        raise AttributeError(n)
    def go(self,s,h):
        return {"type":"model-fields","from_attributes":True,"fields":{"f":{"type":"model-field","schema":{"type":"any"},"validation_alias":"gi_frame"}}}
class M(BaseModel):
    x: Annotated[int,E()]


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield 1
    hit(M(x=g()).x)
    return out
