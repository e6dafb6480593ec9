"""super().format avoids the check of the name's owner.

Outcome: violation WFX231
"""

from wfx import workflow

class S(str):
    def go(self, x):
        return super().format(x)
def f():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(S("{0.__globals__}").go(f))
    return out
