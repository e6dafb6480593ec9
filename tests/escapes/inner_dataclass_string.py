"""Text in a type is evaluated by pydantic.

Outcome: violation WFX238
"""

from wfx import workflow
from dataclasses import dataclass
from pydantic import BaseModel


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    S='type(print.__self__.__name__)'
    @dataclass
    class D:
        x: S
    class M(BaseModel):
        d: D
    hit(M)
    return out
