"""asyncio.create_subprocess_exec.

Outcome: refused WFX201
"""

from wfx import workflow

import asyncio


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(await asyncio.create_subprocess_exec('true'))
    return out
