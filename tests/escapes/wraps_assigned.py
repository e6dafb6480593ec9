"""functools.wraps with names of one's own.

Outcome: violation WFX231
"""

from wfx import workflow

import functools


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    class Sink:
        pass
    s = Sink()
    functools.wraps(main, assigned=("__wrapped__", "__globals__"))(s)
    hit(getattr(s, "__globals__"))
    return out
