"""from_orm of the old interface.

Outcome: violation WFX201
"""

from wfx import workflow

from pydantic import BaseModel
class M(BaseModel):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M.from_orm(main))
    return out
