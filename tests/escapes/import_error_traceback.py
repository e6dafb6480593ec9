"""Import error traceback.

Outcome: raises TypeError or ends []
"""

from wfx import workflow

import traceback


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    (traceback.format_exception_only(ImportError("x",name="antigravityx",name_from="foo")))
    return out
