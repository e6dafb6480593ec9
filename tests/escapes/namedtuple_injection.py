"""namedtuple evaluates a template.

Outcome: raises ValueError
"""

from wfx import workflow

from collections import namedtuple


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(namedtuple('A', ['x=hit(1)']))
    return out
