"""Userdict data.

Outcome: ends [{'a': 1}]
"""

from wfx import workflow
from collections import UserDict
class U(UserDict): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(U(a=1).data)
    return out
