"""Changelog 7.2: a str subclass as the attribute's name.

Outcome: raises TypeError
"""

from wfx import workflow

class Name(str):
    def startswith(self, *a):
        return False
    def __eq__(self, other):
        return False
    def __hash__(self):
        return 1
def f():
    pass


def hit(what):
    raise SystemExit(f"reached {type(what).__name__}")


@workflow
async def main(canary):
    out = []
    hit(getattr(f, Name("__globals__")))
    return out
