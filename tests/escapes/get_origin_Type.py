"""Get origin type.

Outcome: violation WFX234
"""

from wfx import workflow

import typing


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(typing.get_origin(typing.Type[int])("X",(),{}))
    return out
