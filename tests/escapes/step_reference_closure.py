"""The closure of a step's stand-in.

Outcome: violation WFX231
"""

from wfx import workflow

from wfx import step
@step
async def s():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(s, '__clos' + 'ure__'))
    return out
