"""dataclass generates code from field names.

Outcome: refused WFX231
"""

from wfx import workflow

from dataclasses import dataclass
class A:
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    A.__annotations__['x = hit(1)'] = int
    hit(dataclass(A))
    return out
