"""__wrapped__ of a cache.

Outcome: refused WFX231
"""

from wfx import workflow

from functools import lru_cache
@lru_cache
def f():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(f.__wrapped__)
    return out
