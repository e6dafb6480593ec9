"""Zone path.

Outcome: ends []
"""

from wfx import workflow

from zoneinfo import ZoneInfo


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        ZoneInfo("No/Where")
    except Exception as e:
        if e.__context__ is not None or e.__cause__ is not None:
            hit(e)
    return out
