"""from_attributes reads any object.

Outcome: violation WFX234
"""

from wfx import workflow

from pydantic import BaseModel, Field
class M(BaseModel, from_attributes=True):
    spec: object


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M.model_validate(main).spec)
    return out
