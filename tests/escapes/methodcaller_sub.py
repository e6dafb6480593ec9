"""Methodcaller sub.

Outcome: raises TypeError
"""

from wfx import workflow

from operator import methodcaller
class S(str): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(methodcaller(S("__dir__"))(hit))
    return out
