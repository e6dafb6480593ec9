"""Asyncio future loop.

Outcome: raises TypeError
"""

from wfx import workflow

import asyncio
class L:
    def get_debug(self): return False
    def call_soon(self,cb,*a,context=None):
        hit(context)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    f=asyncio.Future(loop=L())
    f.add_done_callback(print)
    f.set_result(1)
    return out
