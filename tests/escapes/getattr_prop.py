"""Getattr prop.

Outcome: violation WFX233
"""

from wfx import workflow

class A:
    @property
    def __getattr__(self): return 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().x)
    return out
