"""Group instance split.

Outcome: refused WFX230
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    g=ExceptionGroup("x",[ValueError()])
    g.split=lambda t:(1,2)
    try:
        raise g
    except* ValueError as e:
        hit(e)
    return out
