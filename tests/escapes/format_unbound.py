"""CVE-2023-41039: str.format unbound.

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
    hit(str.format("{0.__globals__}", f))
    return out
