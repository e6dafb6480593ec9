"""__getattribute__ is no definable method.

Outcome: refused WFX233
"""

from wfx import workflow

class A:
    def __getattribute__(self, n):
        return 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A())
    return out
