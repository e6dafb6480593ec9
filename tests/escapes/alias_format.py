"""Alias format.

Outcome: violation WFX231
"""

from wfx import workflow

from typing import Annotated
import json


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(Annotated[str,1].format("{0.__globals__}",json.dumps))
    return out
