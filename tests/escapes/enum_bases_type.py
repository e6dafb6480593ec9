"""Enum bases type.

Outcome: ends [1]
"""

from wfx import workflow
from enum import Enum


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    E=Enum('E','A',type=int)
    out.append(1)
    return out
