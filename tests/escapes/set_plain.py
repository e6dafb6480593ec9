"""Set plain.

Outcome: violation WFX237
"""

from wfx import workflow

class S(set):
    plain = object
    a, __match_args__ = 1, ("gi_frame",)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    def g():
        yield 1
    match g():
        case S(f): hit(f)
    return out
