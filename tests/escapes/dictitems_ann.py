"""Dictitems ann.

Outcome: refused WFX231
"""

from wfx import workflow

from typing import Annotated


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        {}.items(f=Annotated[hit(hit.__globals__),1])
    except TypeError: pass
    return out
