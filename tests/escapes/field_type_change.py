"""Field type change.

Outcome: violation WFX236
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
    fields(D)[0].type=str
    hit(1)
    return out
