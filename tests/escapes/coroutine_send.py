"""Coroutine send.

Outcome: ends [1]
"""

from wfx import workflow
async def f(): return 1


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    c=f()
    try:
        c.send(None)
    except StopIteration as e:
        out.append(e.value)
    return out
