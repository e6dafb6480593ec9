"""threading.

Outcome: refused WFX201
"""

from wfx import workflow

import threading


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    threading.Thread(target=hit, args=(1,)).start()
    return out
