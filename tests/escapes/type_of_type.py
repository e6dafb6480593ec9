"""type(type(x)) is no metaclass to call.

Outcome: violation WFX234
"""

from wfx import workflow

class A:
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(type(A))('B', (), {}))
    return out
