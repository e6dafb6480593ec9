"""Field metadata append.

Outcome: raises ValidationError
"""

from wfx import workflow

from pydantic import BaseModel, Field
from types import SimpleNamespace
def go(s,h):
    return {"type":"model-fields","from_attributes":True,"fields":{"f":{"type":"model-field","schema":{"type":"any"},"validation_alias":"gi_frame"}}}
F=Field()
F.metadata.append(SimpleNamespace(__get_pydantic_core_schema__=go))
class M(BaseModel):
    x: int = F


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield 1
    hit(M(x=g()).x)
    return out
