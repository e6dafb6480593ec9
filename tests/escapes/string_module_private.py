"""CVE-2024-47532: the string module leaks real objects.

Outcome: violation WFX243
"""

from wfx import workflow

import string


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(string._re.sys)
    return out
