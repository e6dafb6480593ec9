"""Buffer info.

Outcome: violation WFX232
"""

from wfx import workflow

import array


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(array.array("i",[1]).buffer_info())
    return out
