"""Cache info.

Outcome: raises AttributeError
"""

from wfx import workflow

import urllib.parse


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(urllib.parse.urlsplit.cache_info())
    return out
