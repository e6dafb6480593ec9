"""Dataclass fields meta.

Outcome: violation WFX231
"""

from wfx import workflow
from dataclasses import dataclass, fields
@dataclass
class D:
    x:int=1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(fields(D)[0].__class__.__init__)
    return out
