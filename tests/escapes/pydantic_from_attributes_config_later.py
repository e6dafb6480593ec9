"""from_attributes put into model_config later.

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
    M.model_config['from_attributes'] = True
    M.model_rebuild(force=True)
    hit(M.model_validate(f).g)
    return out
