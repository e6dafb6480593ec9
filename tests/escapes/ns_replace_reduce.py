"""Ns replace reduce.

Outcome: refused WFX201 or raises AttributeError
"""

from wfx import workflow

from types import SimpleNamespace
import copy, logging


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    n=copy.replace(SimpleNamespace(), __reduce_ex__=lambda p: ((lambda: logging.Logger), (), (None, {"zz": 1})))
    copy.copy(n)
    hit(logging.Logger.zz)
    return out
