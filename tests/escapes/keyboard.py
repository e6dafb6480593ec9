"""Keyboard.

Outcome: ends [True, 2]
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(KeyboardInterrupt is not None)
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        out.append(2)
    return out
