"""Gen ctx.

Outcome: refused WFX232
"""

from wfx import workflow

from contextlib import contextmanager
@contextmanager
def m():
    yield 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    c=m()
    hit(c.gen.gi_frame)
    return out
