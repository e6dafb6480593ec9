"""Deepcopy memo.

Outcome: ends []
"""

from wfx import workflow

import copy


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    memo = {}
    copy.deepcopy([[1]], memo)
    for each in memo:
        hit(each)
    return out
