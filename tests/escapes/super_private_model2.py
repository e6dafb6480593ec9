"""Super private model2.

Outcome: violation WFX243
"""

from wfx import workflow

from pydantic import BaseModel
class M(BaseModel):
    x:int=1
    def f(self):
        return super()._setattr_handler("x",1)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M().f())
    return out
