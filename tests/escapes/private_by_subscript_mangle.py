"""Private by subscript mangle.

Outcome: raises AttributeError
"""

from wfx import workflow

class _setattr:
    def f(self): return self.__handler


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(_setattr().f())
    return out
