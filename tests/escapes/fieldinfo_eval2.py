"""Fieldinfo eval2.

Outcome: violation WFX232
"""

from wfx import workflow

from pydantic import Field


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    f=Field().from_annotation("(lambda: 1)")
    out.append(f.apply_typevars_map(None,{},{}))
    hit(f.annotation)
    return out
