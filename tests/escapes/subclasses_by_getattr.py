"""The same by computed names.

Outcome: violation WFX231
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(object, '__subclass' + 'es__')())
    return out
