"""compile.

Outcome: refused WFX203
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(compile('1', '', 'eval'))
    return out
