"""__get__ sees only own instances.

Outcome: ends ['A']
"""

from wfx import workflow

class D:
    def __get__(self, obj, cls):
        return cls.__name__
class A:
    d = D()


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(A().d)
    return out
