"""CVE-2026-76825 and CVE-2023-41039: string.Formatter.

Outcome: refused WFX201
"""

from wfx import workflow

import string


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(string.Formatter().get_field("0.__globals__", (main,), {}))
    return out
