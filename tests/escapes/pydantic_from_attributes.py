"""from_attributes reads any object.

Outcome: violation WFX237
"""

from wfx import workflow

from pydantic import BaseModel, Field
class M(BaseModel, from_attributes=True):
    g: object = Field(validation_alias='__globals__')


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M.model_validate(main).g)
    return out
