"""model_rebuild evaluates text in a namespace.

Outcome: ends [1]
"""

from wfx import workflow

from pydantic import BaseModel
class M(BaseModel):
    x: int


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    M.model_rebuild(force=True, _types_namespace={'int': str})
    out.append(M(x=1).x)
    return out
