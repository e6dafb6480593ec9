"""CVE-2026-55830 and its kin: a binding that shadows a guard.

Outcome: refused WFX230
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    match [1]:
        case [*_write_]:
            hit(1)
    return out
