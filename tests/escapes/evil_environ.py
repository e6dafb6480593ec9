"""Evil environ.

Outcome: violation WFX210
"""

from wfx import workflow

import os
class S(str):
    def upper(self): return "X"
    def encode(self,*a): return b"HOME"


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(os.environ.get(S("A_SECRET")))
    return out
