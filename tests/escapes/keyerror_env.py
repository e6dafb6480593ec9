"""Keyerror env.

Outcome: ends [{'$': 'tuple', 'items': ['NOPE_X']}]
"""

from wfx import workflow
import os


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        os.environ['NOPE_X']
    except KeyError as e:
        out.append(e.args)
    return out
