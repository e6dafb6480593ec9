from wfx import workflow
import random, time, os, uuid
from contextvars import ContextVar
from functools import cache, lru_cache, partial, partialmethod, cmp_to_key
from copy import copy, deepcopy
var: ContextVar[str] = ContextVar("var", default="none")
_cache: dict = {}
COUNT = 0
def bump():
    global COUNT
    COUNT += 1
    _cache[COUNT] = COUNT * 2
    return COUNT
class Cfg:
    debug = False
    items = []
    _inst = None
    def __new__(cls):
        if cls._inst is None: cls._inst = super().__new__(cls); cls._inst.n = 0
        return cls._inst
    @staticmethod
    def st(x): return x + 1
    def cell(self, v, k=1): return v * k
    double = partialmethod(cell, k=2)
class Lazy:
    def __getattr__(self, n):
        if n.startswith("_"): raise AttributeError(n)
        return f"lazy {n}"
class Dot(dict):
    def __getattr__(self, k):
        try: return self[k]
        except KeyError: raise AttributeError(k) from None
    def __setattr__(self, k, v): self[k] = v
class Track:
    def __init__(self): object.__setattr__(self, "_d", {})
    def __setattr__(self, k, v): self._d[k] = v; super().__setattr__(k, v)
    def __delattr__(self, k): self._d.pop(k); super().__delattr__(k)
    def __deepcopy__(self, memo): t = Track(); t.x = deepcopy(self.x, memo); return t


@workflow
async def main():
    bump(); bump()
    tok = var.set("x"); a = var.get(); var.reset(tok)
    Cfg.debug = True; Cfg.items.append(1); Cfg().n += 1; Cfg().n += 1
    d = Dot(a=1); d.b = 2
    t = Track(); t.x = [1]; t.y = 2; del t.y
    dd = deepcopy({"t": t, "l": [1, [2]]})
    return [COUNT, _cache, a, var.get(), Cfg.debug, Cfg().items, Cfg() is Cfg(), Cfg().n, Cfg.st(1), Cfg().double(4), Lazy().foo, hasattr(Lazy(), "_x"), d.b, dict(d), getattr(d, "zz", "def"), t._d, dd["t"].x, dd["t"].x is t.x, copy([1]) == [1], sorted([3,1,2], key=cmp_to_key(lambda x, y: y - x)), partial(int, base=2)("101"), isinstance(d, dict), setattr(t, "q", 5), t.q, delattr(t, "q"), hasattr(t, "q"), __name__ == "modstate" or __name__]
