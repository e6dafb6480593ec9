"""Kind call new.

Outcome: violation WFX234
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield
    hit(type(g())())
    return out
