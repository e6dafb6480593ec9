"""Alias obj.

Outcome: violation WFX236
"""

from wfx import workflow

import types


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        None.foo
    except AttributeError as e:
        hit(types.GenericAlias(e,int).obj)
    return out
