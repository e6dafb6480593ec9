"""`import json.decoder` binds json.

Outcome: refused WFX201
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import json.decoder
    hit(json.decoder)
    return out
