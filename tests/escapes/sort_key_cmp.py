"""Sort key cmp.

Outcome: ends [2]
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    class K:
        def __lt__(s,o): return True
    out.append(len(sorted([K(),K()])))
    return out
