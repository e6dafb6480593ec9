"""Typing register.

Outcome: violation WFX231
"""

from wfx import workflow

import typing


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    typing.Sized.register(int)
    hit(isinstance(1,typing.Sized))
    return out
