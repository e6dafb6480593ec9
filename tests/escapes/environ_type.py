"""Environ type.

Outcome: violation WFX234
"""

from wfx import workflow
import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(type(os.environ)(()).get('X_KEY'))
    return out
