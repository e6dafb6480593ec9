"""Textwrapper trans.

Outcome: raises TypeError
"""

from wfx import workflow

import textwrap


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    textwrap.TextWrapper.unicode_whitespace_trans[1]=2
    hit(textwrap.TextWrapper.unicode_whitespace_trans)
    return out
