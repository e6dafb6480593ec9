"""Fake abcmeta marks.

Outcome: violation WFX234
"""

from wfx import workflow

import uuid
def ABCMeta(n,b,ns):
    return uuid.UUID
class A(metaclass=ABCMeta):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    uuid.UUID.zz=1
    hit(uuid.UUID.zz)
    return out
