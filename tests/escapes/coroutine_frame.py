"""CVE-2023-37271: a coroutine's frame.

Outcome: refused WFX232
"""

from wfx import workflow

async def co():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    c = co()
    try:
        hit(getattr(c, "cr_frame").f_back)
    finally:
        c.close()
    return out
