"""dataclass applied to a class of the host.

Outcome: violation WFX236
"""

from wfx import workflow

from dataclasses import dataclass
from datetime import tzinfo


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(dataclass(ValueError))
    return out
