"""Counter update.

Outcome: ends [{'a': 2, 'b': 1}]
"""

from wfx import workflow
from collections import Counter


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(dict(Counter('aab')))
    return out
