"""abstractmethod sets an attribute.

Outcome: ends [1]
"""

from wfx import workflow

import json
from abc import abstractmethod


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    abstractmethod(json.dumps)
    out.append(1)
    return out
