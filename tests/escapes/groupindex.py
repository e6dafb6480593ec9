"""Groupindex.

Outcome: ends []
"""

from wfx import workflow

import re
class E:
    def __eq__(self, other):
        other["b"] = 1
        return True


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    re.compile("(?P<a>x)").groupindex == E()
    if "b" in re.compile("(?P<a>x)").groupindex:
        hit(re)
    return out
