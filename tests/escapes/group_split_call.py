"""Group split call.

Outcome: ends ['a (1 sub-exception)']
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(str(ExceptionGroup('a',[ValueError()]).split(ValueError)[0]))
    return out
