"""A refused import inside a function.

Outcome: refused WFX201
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import subprocess
    hit(subprocess.run)
    return out
