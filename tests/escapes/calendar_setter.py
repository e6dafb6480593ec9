"""calendar.setfirstweekday.

Outcome: refused WFX201
"""

from wfx import workflow

import calendar


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    calendar.setfirstweekday(3)
    hit(1)
    return out
