"""Map getattr.

Outcome: violation WFX231
"""

from wfx import workflow
def f(): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(list(map(getattr,[f],['__globals__'])))
    return out
