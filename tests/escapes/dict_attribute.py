"""__dict__.

Outcome: refused WFX231
"""

from wfx import workflow

class A:
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().__dict__)
    return out
