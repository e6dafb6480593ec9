"""Evil zoneinfo.

Outcome: ends []
"""

from wfx import workflow

from zoneinfo import ZoneInfo
class S(str):
    def rsplit(self,*a): return R()
class R:
    def __getitem__(self,i):
        if isinstance(i,slice): return self
        return "x"
    def __radd__(self,o): hit(o)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        ZoneInfo(S("a"))
    except ValueError as e: out.append(str(e))
    except Exception as e:
        pass
    return out
