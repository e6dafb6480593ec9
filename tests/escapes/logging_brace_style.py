"""logging with a format of one's own.

Outcome: ends [1]
"""

from wfx import workflow

import logging


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    logging.basicConfig(format='{func.__globals__}', style='{')
    logging.error('x')
    out.append(1)
    return out
