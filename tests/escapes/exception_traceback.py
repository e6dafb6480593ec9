"""__traceback__ of an exception.

Outcome: refused WFX231 WFX232
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        1 / 0
    except ZeroDivisionError as e:
        hit(e.__traceback__.tb_frame)
    return out
