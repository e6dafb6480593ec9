"""__mro_entries__ gives any base.

Outcome: refused WFX233
"""

from wfx import workflow

class X:
    def __mro_entries__(self, bases):
        return (type,)
class A(X()):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A)
    return out
