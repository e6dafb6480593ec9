"""Getattr split.

Outcome: ends [1]
"""

from wfx import workflow

class G(ExceptionGroup):
    def __getattr__(self,n):
        return lambda *a:(1,2)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        raise G("a",[ValueError(1)])
    except* ValueError as e:
        out.append(1)
    return out
