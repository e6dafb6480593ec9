"""ImportString imports.

Outcome: refused WFX202
"""

from wfx import workflow

from pydantic import BaseModel, ImportString
class M(BaseModel):
    x: ImportString


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M(x='os.system').x)
    return out
