"""Bytes join iter.

Outcome: ends [{'$': 'bytes', 'value': 'YQ=='}]
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(b''.join([b'a']))
    return out
