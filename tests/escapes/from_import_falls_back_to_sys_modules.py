"""`from a import b` looks a.b up in sys.modules.

Outcome: refused WFX201
"""

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    from json import decoder
    hit(decoder.scanner)
    return out
