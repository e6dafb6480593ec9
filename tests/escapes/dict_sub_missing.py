"""Dict sub missing.

Outcome: ends ['a']
"""

from wfx import workflow
class D(dict):
    def __missing__(self,k): return k


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(D()['a'])
    return out
