"""asyncio.Queue has _get_loop.

Outcome: violation WFX235
"""

from wfx import workflow

import asyncio
class Q(asyncio.Queue):
    def go(self):
        return self._get_loop()


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(Q().go())
    return out
