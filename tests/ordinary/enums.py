from wfx import workflow
import enum
from enum import Enum, StrEnum, IntEnum, Flag, IntFlag, auto, unique
@unique
class Color(Enum):
    RED = auto()
    GREEN = auto()
    @property
    def nice(self): return self.name.title()
    @classmethod
    def parse(cls, s): return cls[s.upper()]
    @classmethod
    def _missing_(cls, v): return cls.RED if v == "?" else None
class Planet(Enum):
    EARTH = (5.97e24, 6.37e6)
    def __init__(self, mass, radius): self.mass = mass; self.radius = radius
    @property
    def g(self): return round(6.67e-11 * self.mass / self.radius ** 2, 2)
class S(StrEnum):
    @staticmethod
    def _generate_next_value_(name, start, count, last): return name.lower() + "!"
    A = auto()
    B = auto()
class Perm(Flag):
    R = auto(); W = auto(); X = auto()
    ALL = R | W | X
class P2(IntFlag):
    A = 1
    B = 2
class Pri(IntEnum):
    LOW = 1; HIGH = 2
class Op(str, Enum):
    ADD = "add"


@workflow
async def main():
    p = Perm.R | Perm.W
    return [Color.RED.nice, Color.parse("green").value, Color("?").name, Planet.EARTH.g, list(S), str(S.A), f"{S.B}", repr(p), str(p), Perm.R in p, [m.name for m in p], Perm.ALL.value, P2.A | P2.B, Pri.LOW < Pri.HIGH, sorted([Pri.HIGH, Pri.LOW]), Op("add").value, Op.ADD == "add", f"{Op.ADD}", str(Op.ADD), len(Color), list(Color.__members__), Color.RED.name, isinstance(Color.RED, Enum), Color["RED"] is Color.RED, {Color.RED: 1}[Color.RED], max(Pri), p & ~Perm.R, bool(Perm(0)), Perm.R ^ p]
