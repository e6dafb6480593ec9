"""Private annotations via setattr.

Outcome: violation WFX231
"""

from wfx import workflow
class A:
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    setattr(A,'__annotations__',{})
    hit(1)
    return out
