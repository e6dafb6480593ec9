from wfx import workflow
from typing import AbstractSet, Pattern, Match, IO, NamedTuple, TypedDict, Required, NotRequired, ClassVar
from dataclasses import dataclass, field
import re
@dataclass
class A:
    s: AbstractSet[str]
    p: Pattern[str]
    m: Match[str] | None = None
    n: ClassVar[int] = 3
    tags: set[str] = field(default_factory=set)
class T(TypedDict, total=False):
    a: Required[int]
    b: NotRequired[str]
class N(NamedTuple):
    a: int
    b: str = "x"
    def both(self): return f"{self.a}{self.b}"


@workflow
async def main():
    a = A({"x"}, re.compile("a"))
    t: T = {"a": 1}
    return len(a.s), a.p.pattern, t, N(1).both(), N(1)._replace(a=2), N._fields, N(3)._asdict()
