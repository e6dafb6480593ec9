"""__del__ runs when the collector likes.

Outcome: refused WFX233
"""

from wfx import workflow

class A:
    def __del__(self):
        hit(1)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    A()
    return out
