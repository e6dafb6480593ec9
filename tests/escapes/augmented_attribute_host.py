"""An augmented store on a class of the host.

Outcome: violation WFX236
"""

from wfx import workflow

from pydantic import BaseModel


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    BaseModel.x += 1
    hit(1)
    return out
