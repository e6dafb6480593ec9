"""Validation error ctx.

Outcome: ends [1]
"""

from wfx import workflow
from pydantic import BaseModel, field_validator
class M(BaseModel):
    x:int


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        M(x='q')
    except Exception as e:
        hit(e.errors()[0]['ctx']) if 'ctx' in e.errors()[0] else out.append(1)
    return out
