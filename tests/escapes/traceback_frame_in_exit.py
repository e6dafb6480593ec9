"""A traceback reaches __exit__ and has frames.

Outcome: violation WFX232
"""

from wfx import workflow

class C:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, tb):
        hit(getattr(tb, "tb_frame"))
        return True


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    with C():
        1 / 0
    return out
