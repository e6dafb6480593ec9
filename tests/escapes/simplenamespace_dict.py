"""Simplenamespace dict.

Outcome: refused WFX231
"""

from wfx import workflow
from types import SimpleNamespace


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(SimpleNamespace(a=1).__dict__)
    return out
