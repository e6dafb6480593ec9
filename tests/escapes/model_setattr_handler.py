"""Model setattr handler.

Outcome: violation WFX243
"""

from wfx import workflow

from pydantic import BaseModel
import json
class M(BaseModel):
    x:int=1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    m=M()
    h=m._setattr_handler("x",1)
    try:
        h(json,"dumps",5)
    except AttributeError: pass
    hit(json.dumps)
    return out
