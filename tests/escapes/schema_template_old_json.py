"""A template of `schema_json` is formatted with pydantic's own objects.

Outcome: violation WFX231
"""

from pydantic import BaseModel
from wfx import workflow


class Inner(BaseModel):
    pass


class M(BaseModel):
    inner: Inner


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    hit(M.schema_json(ref_template="{model.isidentifier}"))
