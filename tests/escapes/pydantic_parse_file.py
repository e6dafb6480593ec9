"""parse_file reads files.

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
    hit(M.parse_file('/etc/passwd'))
    return out
