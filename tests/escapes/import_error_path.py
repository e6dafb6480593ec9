"""Import error path.

Outcome: refused WFX201
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        from json import nope
    except ImportError as e:
        hit(e.path)
    return out
