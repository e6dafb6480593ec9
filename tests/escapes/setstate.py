"""copy.copy calls __setstate__.

Outcome: refused WFX233
"""

from wfx import workflow

class A:
    def __setstate__(self, s):
        pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A())
    return out
