"""The same with a name defined further down.

Outcome: refused WFX238
"""

from wfx import workflow

from pydantic import BaseModel
class M(BaseModel):
    x: "Later.__init__.__globals__"
class Later:
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M)
    return out
