"""The same with a computed name.

Outcome: violation WFX232
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        (1).nope
    except AttributeError as e:
        hit(getattr(e, "ob" + "j").__class__)
    return out
