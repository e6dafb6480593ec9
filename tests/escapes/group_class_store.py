"""Group class store.

Outcome: refused WFX230
"""

from wfx import workflow

class G(ExceptionGroup): pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    G.split=lambda s,t:(1,2)
    try:
        raise G("x",[ValueError()])
    except* ValueError as e:
        hit(e)
    return out
