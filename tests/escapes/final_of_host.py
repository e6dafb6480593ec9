"""typing.final sets __final__.

Outcome: violation WFX231
"""

from wfx import workflow

import json
from typing import final


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    final(json.dumps)
    out.append(hasattr(json.dumps, '__final__'))
    return out
