"""Stable hash exc.

Outcome: ends ["unhashable type: 'A'"]
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    class A:
        __hash__=None
    try:
        hash(A())
    except TypeError as e:
        out.append(str(e))
    return out
