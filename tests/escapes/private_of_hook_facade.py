"""A private name of a facade.

Outcome: refused WFX230
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(json._module_)
    return out
