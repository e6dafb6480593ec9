"""Past.

Outcome: raises ValidationError
"""

from wfx import workflow

from pydantic import BaseModel, PastDatetime
class M(BaseModel):
    x: PastDatetime


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M(x="2026-06-01T00:00:00"))
    return out
