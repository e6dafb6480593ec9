"""Ns reduce ex.

Outcome: raises AttributeError
"""

from wfx import workflow

from types import SimpleNamespace
import copy, logging


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    copy.copy(SimpleNamespace(__reduce_ex__=lambda p: ((lambda: logging.Logger), (), (None, {"zz": 1}))))
    hit(logging.Logger.zz)
    return out
