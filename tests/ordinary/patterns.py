from wfx import workflow
from dataclasses import dataclass
from enum import Enum
class C(Enum):
    R = 1; G = 2
@dataclass
class Pt:
    x: int
    y: int
class Vec:
    __match_args__ = ("a", "b")
    def __init__(self, a, b): self.a, self.b = a, b
def f(v):
    match v:
        case None: return "none"
        case True | False: return "bool"
        case int(n) if n > 100: return f"big {n}"
        case int() | float() as n: return f"num {n}"
        case "a" | "b": return "ab"
        case str(s): return f"str {s}"
        case C.R: return "red"
        case C(): return "color"
        case Pt(0, y) | Pt(y, 0): return f"axis {y}"
        case Pt(x=x, y=y): return f"pt {x},{y}"
        case Vec(a, Vec(b, c)): return f"vec {a}{b}{c}"
        case []: return "empty"
        case [x]: return f"one {x}"
        case [x, *rest, y]: return f"{x}..{y} {rest}"
        case {"type": "t", "v": [a, {"k": k}], **rest}: return f"t {a} {k} {rest}"
        case {"n": int(n)}: return f"n {n}"
        case {}: return "dict"
        case set(s): return f"set {sorted(s)}"
        case bytes(): return "bytes"
        case Exception(): return "exc"
        case _: return "other"


@workflow
async def main():
    return [f(v) for v in (None, True, 500, 5, 1.5, "a", "zz", C.R, C.G, Pt(0,1), Pt(2,0), Pt(2,3), Vec(1, Vec(2,3)), [], [1], [1,2,3], (1,2), {"type": "t", "v": [1, {"k": 2}], "z": 3}, {"n": 3}, {"q": 1}, {1,2}, frozenset(), b"x", ValueError(), object)]
