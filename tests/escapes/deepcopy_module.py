"""deepcopy of a facade.

Outcome: refused WFX230
"""

from wfx import workflow

import copy, json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(copy.deepcopy(json)._module_)
    return out
