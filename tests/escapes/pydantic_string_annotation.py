"""A string annotation is code.

Outcome: refused WFX202
"""

from wfx import workflow

from pydantic import BaseModel
class M(BaseModel):
    x: "type(__import__('os').sep)"


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M)
    return out
