"""pickle.

Outcome: refused WFX201
"""

from wfx import workflow

import pickle


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(pickle.loads(b''))
    return out
