"""A function of re has globals.

Outcome: violation WFX231
"""

from wfx import workflow

import re


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(re.sub, '__glob' + 'als__'))
    return out
