"""Type getitem call.

Outcome: raises TypeError
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    X=type[int]("X",(),{"a":1})
    hit(X)
    return out
