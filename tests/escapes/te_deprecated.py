"""Te deprecated.

Outcome: ends []
"""

from wfx import workflow

import typing_extensions, uuid


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    typing_extensions.deprecated('x')(uuid.UUID)
    return out
