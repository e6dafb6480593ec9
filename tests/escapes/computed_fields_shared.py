"""Computed fields shared.

Outcome: ends []
"""

from wfx import workflow

from pydantic import BaseModel


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    BaseModel.model_computed_fields["x"] = 1
    if "x" in BaseModel.model_computed_fields:
        hit(BaseModel)
    return out
