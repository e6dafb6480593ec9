"""TypeAdapter evaluates text.

Outcome: refused WFX201
"""

from wfx import workflow

from pydantic import TypeAdapter


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(TypeAdapter('__import__("os")'))
    return out
