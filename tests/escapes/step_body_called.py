"""The step's plain function.

Outcome: raises AttributeError
"""

from wfx import workflow

from wfx import step
@step
def s():
    open(__file__)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(s.spec.func())
    return out
