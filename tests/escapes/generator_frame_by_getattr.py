"""CVE-2023-37271 with a computed name.

Outcome: refused WFX232
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    g = (x for x in [1])
    hit(getattr(g, "gi_" + "frame").f_globals)
    return out
