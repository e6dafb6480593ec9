"""from_attributes as an argument.

Outcome: violation WFX237
"""

from wfx import workflow

from pydantic import BaseModel, Field
class M(BaseModel):
    g: object = Field(validation_alias='__globals__')
def f():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M.model_validate(f, from_attributes=True).g)
    return out
