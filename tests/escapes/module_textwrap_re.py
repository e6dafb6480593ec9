"""A module that is an attribute of another: textwrap.re.

Outcome: refused WFX201
"""

from wfx import workflow

import textwrap


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(textwrap.re)
    return out
