"""__dict__ of a local module.

Outcome: refused WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import flow
    hit(flow.__dict__)
    return out
