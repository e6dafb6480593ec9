"""CVE-2025-22153: type confusion through split of a custom group.

Outcome: violation WFX233
"""

from wfx import workflow

class G(ExceptionGroup):
    def split(self, condition):
        return [], []


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        raise G("x", [ValueError()])
    except* ValueError:
        hit(1)
    return out
