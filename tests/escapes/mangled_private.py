"""Mangling in a class body.

Outcome: violation WFX243
"""

from wfx import workflow

import json
class A:
    def f(self, x):
        return x.__module_


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(A().f(json))
    return out
