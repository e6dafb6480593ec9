"""nonlocal of a guard's name.

Outcome: refused WFX230
"""

from wfx import workflow

def f():
    _write_ = 1
    def g():
        nonlocal _write_
        hit(1)
    return g


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    f()()
    return out
