"""Kwlist.

Outcome: raises AttributeError
"""

from wfx import workflow

import keyword


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    keyword.kwlist.append("x")
    hit(keyword.kwlist)
    return out
