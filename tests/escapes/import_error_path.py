"""Import error path.

Workflow code takes the fallback, with an error that has no path.

Outcome: ends []
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
        if e.path:
            hit(e.path)
    return out
