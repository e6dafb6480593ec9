"""% reads items, not attributes.

Outcome: ends ['1']
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append('%(a)s' % {'a': 1})
    return out
