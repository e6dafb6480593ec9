"""Typing alias setattr.

Outcome: violation WFX236
"""

from wfx import workflow

import typing, json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    typing.Mapping.zz=1
    hit(1)
    return out
