"""The same inside list[...].

Outcome: refused WFX238
"""

from wfx import workflow

from pydantic import BaseModel
class M(BaseModel):
    x: list["type(print.__self__.__name__)"]


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M)
    return out
