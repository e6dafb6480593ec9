"""Get args or.

Outcome: raises TypeError
"""

from wfx import workflow

import typing


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(typing.get_args(type|None)[0]("X",(),{}))
    return out
