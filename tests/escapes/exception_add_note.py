"""Exception add note.

Outcome: ends [['x']]
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    e=ValueError()
    e.add_note('x')
    out.append(e.__notes__)
    return out
