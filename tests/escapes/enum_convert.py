"""Enum._convert_ copies names of modules.

Outcome: refused WFX230
"""

from wfx import workflow

from enum import IntEnum


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(IntEnum._convert_('A', 'os', lambda n: True))
    return out
