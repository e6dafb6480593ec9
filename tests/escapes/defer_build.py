"""Defer build.

Outcome: ends [{'$': 'model', 'class': 'flow:M', 'fields': {'x': 1}, 'set': []}]
"""

from wfx import workflow

from pydantic import BaseModel, ConfigDict, Field
class M(BaseModel):
    model_config=ConfigDict(defer_build=True)
    x:int=Field(1)


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    M.model_config["from_attributes"]=True
    out.append(M())
    return out
