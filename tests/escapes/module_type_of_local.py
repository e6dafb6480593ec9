"""The class of a local module object.

Outcome: ends ['str']
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    import flow
    out.append(type(flow)('x').__name__)
    return out
