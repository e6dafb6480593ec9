"""A generator's return value is only a value.

Outcome: ends [7]
"""

from wfx import workflow

def g():
    return 7
    yield


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        next(g())
    except StopIteration as e:
        out.append(e.value)
    return out
