"""CVE-2023-37271: a generator's frame leads to the caller's globals.

Outcome: refused WFX232
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def gen():
        yield g.gi_frame.f_back.f_back.f_globals
    g = gen()
    hit(next(g)["__builtins__"])
    return out
