"""Annotated now.

Outcome: ends []
"""

from wfx import workflow

from typing import Annotated
from datetime import datetime


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    t = Annotated[datetime, 1].now()
    if (t.year, t.month, t.day) != (2026, 1, 1):
        hit(t)
    return out
