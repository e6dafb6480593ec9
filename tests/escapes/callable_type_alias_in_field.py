"""Callable type alias in field.

Outcome: violation WFX238
"""

from wfx import workflow
from pydantic import BaseModel


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    S='type(print.__self__.__name__)'
    M0=dict[str,S]
    class M(BaseModel):
        t: tuple[M0, int]
    hit(M)
    return out
