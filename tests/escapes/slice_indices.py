"""Slice indices.

Outcome: ends [{'$': 'tuple', 'items': [0, 1, 1]}]
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(slice(1).indices(3))
    return out
