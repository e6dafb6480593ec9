"""Items kw.

Outcome: refused WFX231
"""

from wfx import workflow



def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    try:
        {}.items(f=hit(().__class__.__base__.__subclasses__()))
    except TypeError: pass
    return out
