"""print(file=) writes to own objects only.

Outcome: ends [['x']]
"""

from wfx import workflow

class F:
    def write(self, s):
        out2.append(s)
out2 = []


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    print('x', end='', file=F())
    out.append(out2)
    return out
