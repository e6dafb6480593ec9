"""Evil annotation dataclass.

Outcome: violation WFX238
"""

from wfx import workflow

from dataclasses import dataclass
class S(str):
    def strip(self,*a): return "int"
T=S("().__class__.__base__.__subclasses__()")
@dataclass
class D:
    x: T = None


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import dataclasses
    hit(dataclasses.fields(D)[0].type)
    return out
