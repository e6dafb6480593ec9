"""Get core schema def.

Outcome: refused WFX233
"""

from wfx import workflow
from pydantic import BaseModel
class M:
    @classmethod
    def __get_pydantic_core_schema__(cls, s, h):
        hit(h)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(1)
    M()
    return out
