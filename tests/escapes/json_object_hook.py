"""object_hook gets only values.

Outcome: ends ['dict']
"""

from wfx import workflow

import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(json.loads('{}', object_hook=lambda d: type(d).__name__))
    return out
