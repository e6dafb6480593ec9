"""string.Template reads no attributes.

Outcome: ends ['1']
"""

from wfx import workflow

from string import Template


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    out.append(Template('$a').safe_substitute(a=1))
    return out
