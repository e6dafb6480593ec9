"""A module that is an attribute of another: base64.binascii.

Outcome: refused WFX201
"""

from wfx import workflow

import base64


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(base64.binascii)
    return out
