"""Evil forward ref.

Outcome: violation WFX238
"""

from wfx import workflow

from typing import List
from pydantic import BaseModel
class S(str):
    def strip(self,*a): return "int"
class M(BaseModel):
    x: List[S("().__class__.__base__")] = None


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    M.model_rebuild()
    M(x=1)
    return out
