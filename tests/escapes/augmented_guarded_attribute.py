"""What an augmented assignment reads is handed to the other operand.

Outcome: refused WFX231
"""

from datetime import datetime

from wfx import workflow


class Day(datetime):
    pass


class Taker:
    def __radd__(self, other):
        hit(other())


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    day = Day(2026, 1, 1)
    day.now += Taker()
    return out
