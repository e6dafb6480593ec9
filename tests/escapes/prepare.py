"""__prepare__ is no definable method.

Outcome: refused WFX233
"""

from wfx import workflow

class A:
    @classmethod
    def __prepare__(cls, *a):
        return {}


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A)
    return out
