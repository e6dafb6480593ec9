"""__set_name__ sees its owner, which is own.

Outcome: ends [['A']]
"""

from wfx import workflow

class D:
    def __set_name__(self, owner, name):
        out2.append(owner.__name__)
out2 = []
class A:
    d = D()


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(out2)
    return out
