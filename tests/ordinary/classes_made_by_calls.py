from wfx import workflow
from enum import Enum, Flag, auto
from typing import NamedTuple, TypedDict
from collections import namedtuple
from types import SimpleNamespace
Color = Enum("Color", "RED GREEN")
Shape = Enum("Shape", {"A": 1, "B": 2})
Pt = NamedTuple("Pt", [("x", int), ("y", int)])
TD = TypedDict("TD", {"a": int})
NT = namedtuple("NT", ["a", "b"])
class Sub(NT):
    __slots__ = ()
    @property
    def total(self): return self.a + self.b


@workflow
async def main():
    ns = SimpleNamespace(a=1, b=[2]); ns.c = 3
    local = namedtuple("Loc", "q")
    return [Color.RED.value, Color["GREEN"], Shape(2), Pt(1, 2), TD(a=1), NT(1, b=2), Sub(1, 2).total, Sub(1,2), repr(Sub(1,2)), repr(ns), ns == SimpleNamespace(a=1, b=[2], c=3), local(3).q, repr(local(3)), repr(Color.RED), NT._fields, Pt(3,4)._asdict(), Color.__name__, [c.name for c in Color], NT._make([5,6]), str(Shape.A), Color.RED]
