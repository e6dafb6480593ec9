"""A module that is an attribute of another: logging.os.

Outcome: refused WFX201
"""

from wfx import workflow

import logging


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(logging.os)
    return out
