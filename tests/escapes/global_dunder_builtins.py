"""global __builtins__.

Outcome: refused WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    global __builtins__
    __builtins__ = {}
    hit(1)
    return out
