"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from typing import NewType
from pydantic import BaseModel


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    N=NewType('N','__import__("os").PathLike')
    class M(BaseModel):
        t: N
    hit(M)
    return out
