"""Chainmap.

Outcome: ends [{'$': 'dict', 'items': [[1, 2]]}]
"""

from wfx import workflow
from collections import ChainMap


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(dict(ChainMap({1:2})))
    return out
