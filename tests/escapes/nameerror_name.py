"""Nameerror name.

Outcome: ends ['nope']
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        nope
    except NameError as e:
        out.append(e.name)
    return out
