"""A metaclass.

Outcome: refused WFX234
"""

from wfx import workflow

class M(type):
    pass
class A(metaclass=M):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A)
    return out
