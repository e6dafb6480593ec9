"""The sandbox's own package.

Outcome: refused WFX201
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import wfx_sandbox.guards
    hit(wfx_sandbox.guards)
    return out
