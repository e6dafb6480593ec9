"""CVE-2025-22153 through derive.

Outcome: violation WFX233
"""

from wfx import workflow

class G(ExceptionGroup):
    def derive(self, excs):
        return 42


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        raise G("x", [ValueError(), TypeError()])
    except* ValueError:
        hit(1)
    return out
