"""Str subclass format spec.

Outcome: ends ['__globals__']
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    class X:
        def __format__(self,s): return s
    out.append(f'{X():__globals__}')
    return out
