"""Model old copy reduce.

Outcome: raises AttributeError
"""

from wfx import workflow

from pydantic import BaseModel
import copy, logging
class M(BaseModel):
    x:int=1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    m=M().copy(update={"__deepcopy__":None,"__reduce_ex__":lambda p: ((lambda: logging.Logger), (), (None, {"zz": 1}))})
    copy.deepcopy(m)
    hit(logging.Logger.zz)
    return out
