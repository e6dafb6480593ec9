"""Template sub.

Outcome: violation WFX235
"""

from wfx import workflow
from string import Template
class T(Template): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(T)
    return out
