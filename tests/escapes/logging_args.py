"""Logging args.

Outcome: ends ['a']
"""

from wfx import workflow
import logging


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    class D(dict):
        def __getitem__(self,k): out.append(k); return 1
    logging.info('%(a)s',D(a=1))
    return out
