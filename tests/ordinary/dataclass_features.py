from __future__ import annotations
from dataclasses import dataclass, field, KW_ONLY, InitVar, asdict, astuple, replace, fields, is_dataclass
from typing import ClassVar, Self
from functools import cached_property, total_ordering
import copy
from wfx import workflow
@dataclass(order=True, frozen=True)
class V:
    major: int
    minor: int = 0
    _: KW_ONLY = None
    tag: str = field(default="", compare=False, repr=False)
@dataclass(slots=True, kw_only=True)
class S:
    a: int
    b: list[int] = field(default_factory=list)
    scale: InitVar[int] = 2
    total: int = field(init=False)
    count: ClassVar[int] = 0
    def __post_init__(self, scale): self.total = self.a * scale
    def bump(self) -> Self: return replace(self, a=self.a + 1, scale=3)
@dataclass(eq=True, unsafe_hash=True)
class Node:
    name: str
    children: list[Node] = field(default_factory=list, hash=False)
    parent: Node | None = field(default=None, repr=False, compare=False)
    @cached_property
    def depth(self): return 1 + max((c.depth for c in self.children), default=0)
@workflow
async def main():
    s = S(a=3)
    n = Node("r", [Node("a"), Node("b", [Node("c")])])
    d = copy.deepcopy(n)
    try:
        V(1).major = 3
        err = ""
    except AttributeError as e:
        err = f"{type(e).__name__}: {e}"
    return [repr(V(1, 2, tag="x")), V(1) < V(2), sorted([V(2), V(1, 5)]), asdict(s), astuple(s), s.bump().total, [f.name for f in fields(S)], n.depth, d == n, d is n, repr(n), is_dataclass(n), err, hash(V(1)) == hash(V(1)), {V(1): 2}[V(1)], fields(Node)[0].type if isinstance(fields(Node)[0].type, str) else "str"]
