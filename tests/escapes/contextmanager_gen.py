"""The generator behind a context manager.

Outcome: refused WFX232
"""

from wfx import workflow

from contextlib import contextmanager
@contextmanager
def c():
    yield 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(c().gen.gi_frame)
    return out
