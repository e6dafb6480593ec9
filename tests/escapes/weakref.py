"""weakref callbacks run when the collector likes.

Outcome: refused WFX201
"""

from wfx import workflow

import weakref


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(weakref.ref(hit))
    return out
