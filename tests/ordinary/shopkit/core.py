from __future__ import annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING
from .sub.deep import base, registry, register
from .util import helper
if TYPE_CHECKING:
    from .types_only import X
@dataclass
class Thing:
    n: int
    x: X | None = None
    def double(self) -> Thing: return Thing(helper(self.n))
def make(n: int) -> Thing: return Thing(base(n))
@register("core")
def core_handler(x): return x + 1
