"""locale.

Outcome: refused WFX201
"""

from wfx import workflow

import locale


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(locale.setlocale(0, 'C'))
    return out
