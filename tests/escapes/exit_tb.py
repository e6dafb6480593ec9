"""Exit tb.

Outcome: violation WFX232
"""

from wfx import workflow

class C:
    def __enter__(self): return self
    def __exit__(self,t,v,tb):
        hit(getattr(tb,"tb_"+"frame"))
        return True


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    with C():
        1/0
    return out
