from __future__ import annotations
import functools, operator
from wfx import workflow
@functools.total_ordering
class Money:
    __slots__ = ("_c", "__weakref__")
    def __init__(self, c: int): self._c = c
    def __add__(self, o): return Money(self._c + o._c) if isinstance(o, Money) else NotImplemented
    __radd__ = __add__
    def __iadd__(self, o): self._c += o._c; return self
    def __sub__(self, o): return Money(self._c - o._c)
    def __mul__(self, k): return Money(self._c * k)
    __rmul__ = __mul__
    def __truediv__(self, k): return Money(self._c // k)
    def __mod__(self, k): return Money(self._c % k)
    def __imod__(self, k): self._c %= k; return self
    def __divmod__(self, k): return divmod(self._c, k)
    def __neg__(self): return Money(-self._c)
    def __abs__(self): return Money(abs(self._c))
    def __eq__(self, o): return isinstance(o, Money) and self._c == o._c
    def __lt__(self, o): return self._c < o._c
    def __hash__(self): return hash(self._c)
    def __bool__(self): return self._c != 0
    def __int__(self): return self._c
    def __index__(self): return self._c
    def __float__(self): return self._c / 100
    def __round__(self, n=0): return round(self._c / 100, n)
    def __repr__(self): return f"Money({self._c})"
    def __str__(self): return f"${self._c / 100:.2f}"
    def __format__(self, spec): return f"{self._c / 100:{spec}}" if spec else str(self)
    def __call__(self, x): return x
    def __contains__(self, x): return x == self._c
    def __getitem__(self, k): return (k.start, k.stop, k.step) if isinstance(k, slice) else k
    def __len__(self): return 3
    def __iter__(self): yield from (1, 2, 3)
    def __reversed__(self): return iter((3, 2, 1))
    def __matmul__(self, o): return "mat"
    def __lshift__(self, o): return "<<"
    def __or__(self, o): return "or"
    def __invert__(self): return "inv"
    def __enter__(self): return self
    def __exit__(self, *a): return False
    def __copy__(self): return Money(self._c)
@workflow
async def main():
    m = Money(150); n = m; k = 100
    out = [m + Money(50), sum([Money(1), Money(2)], Money(0)), 3 * m, m / 3, m % 7, divmod(m, 40), -m, abs(-m), m > Money(3), m >= Money(150), max(Money(1), Money(9)), bool(Money(0)), int(m), [10,20][Money(1)], float(m), round(m, 1), f"{m}", f"{m:>10.1f}", f"{m!r}", str(m), m(4), 150 in m, m[1:2], m[1:2:3], m["a"], len(m), list(m), list(reversed(m)), m @ 1, m << 1, m | 1, ~m, m == Money(150), {m: 1}[Money(150)], hash(m) == hash(Money(150))]
    m %= k
    out += [m, n, m is n]
    m += Money(5)
    out += [n, m is n]
    with m as z: out.append(z is m)
    return [repr(x) for x in out]
