"""Format builtin.

Outcome: ends ['   3']
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(format(3,'>4'))
    return out
