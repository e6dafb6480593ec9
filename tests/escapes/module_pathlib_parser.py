"""From Python 3.13 on, `parser` of a path is the module posixpath, and that has os.

Outcome: ends ['none'] or violation WFX232
"""

from pathlib import PurePosixPath

from wfx import workflow


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    parser = getattr(PurePosixPath("a"), "parser", "none")
    if parser != "none":
        hit(parser.os)
    out.append(parser)
    return out
