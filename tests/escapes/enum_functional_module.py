"""Enum functional module.

Outcome: ends ['os']
"""

from wfx import workflow
from enum import Enum


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    E=Enum('E','A',module='os',qualname='x')
    out.append(E.__module__)
    return out
