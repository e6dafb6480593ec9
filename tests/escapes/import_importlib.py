"""importlib.

Outcome: refused WFX201
"""

from wfx import workflow

import importlib


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(importlib.import_module("os"))
    return out
