"""Fieldinfo eval.

Outcome: violation WFX234
"""

from wfx import workflow

from pydantic import Field


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    F=type(Field())
    f=F(annotation="().__class__")
    out.append(f.apply_typevars_map(None,{"__builtins__":{}},{}))
    hit(f.annotation)
    return out
