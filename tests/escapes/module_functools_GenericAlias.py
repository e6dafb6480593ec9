"""A module that is an attribute of another: functools.GenericAlias.

Outcome: refused WFX201
"""

from wfx import workflow

import functools


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(functools.GenericAlias)
    return out
