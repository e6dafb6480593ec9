"""super() reaches object's __dict__.

Outcome: refused WFX231
"""

from wfx import workflow

class A:
    def f(self):
        return super().__getattribute__('__dict__')


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f())
    return out
