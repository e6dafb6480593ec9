"""Te override.

Outcome: ends [1]
"""

from wfx import workflow

import typing_extensions, json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    typing_extensions.override(json.dumps)
    out.append(1)
    return out
