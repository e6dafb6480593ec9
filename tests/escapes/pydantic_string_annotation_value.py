"""The same as a value.

Outcome: violation WFX238
"""

from wfx import workflow

from pydantic import BaseModel
from typing import List
T = List['type(print' + '.__self__.__name__)']
class M(BaseModel):
    x: T


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M)
    return out
