"""An f-string with a dunder.

Outcome: refused WFX231
"""

from wfx import workflow

def f():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(f'{f.__globals__}')
    return out
