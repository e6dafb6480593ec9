"""getattr does not normalise.

Outcome: violation WFX231
"""

from wfx import workflow

def f():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(f, '__ｇlobals__'))
    return out
