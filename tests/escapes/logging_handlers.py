"""logging's handlers.

Outcome: raises IndexError
"""

from wfx import workflow

import logging


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(logging.getLogger().handlers[0].stream)
    return out
