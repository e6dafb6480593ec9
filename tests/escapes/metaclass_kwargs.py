"""Class keywords through **.

Outcome: refused WFX234
"""

from wfx import workflow

K = {'metaclass': type}
class A(**K):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A)
    return out
