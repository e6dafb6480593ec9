"""parse_raw unpickles.

Outcome: violation WFX201
"""

from wfx import workflow

from pydantic import BaseModel
class M(BaseModel):
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(M.parse_raw(b'', content_type='application/pickle', allow_pickle=True))
    return out
